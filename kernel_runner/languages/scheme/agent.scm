;;; The Scheme agent: evaluates cells in this Guile. See kernel_runner/session/frames.py.
;;;
;;; A thread of its own reads requests, so that completion and inspection are answered while a
;;; cell runs; the main thread evaluates, and SIGINT reaches only it.

(define-module (jupyter)
  #:use-module (ice-9 binary-ports)
  #:use-module (ice-9 control)
  #:use-module (ice-9 documentation)
  #:use-module (ice-9 exceptions)
  #:use-module (ice-9 match)
  #:use-module (ice-9 popen)
  #:use-module (ice-9 regex)
  #:use-module (ice-9 session)
  #:use-module (ice-9 threads)
  #:use-module (language tree-il)
  #:use-module (rnrs bytevectors)
  #:use-module (srfi srfi-1)
  #:use-module (system base compile)
  #:use-module (system vm frame)
  #:use-module (system vm loader)
  #:use-module (system vm vm)
  #:export (jupyter-display
            jupyter-update
            jupyter-clear-output
            jupyter-show-with
            ;; As Calysto Scheme's notebooks have them.
            printf
            try))

;;; 1. Frames

;; Out of the way of cells that close low descriptors, and never seen by children.  The low ones
;; are given back later (see start).
(define (lift-descriptor fd)
  (let ((high (fcntl fd F_DUPFD 60)))
    (fcntl high F_SETFD FD_CLOEXEC)
    high))

(define requests (fdes->inport (lift-descriptor 3)))
(define answers (fdes->outport (lift-descriptor 4)))
(define sending (make-mutex))

(define (->bytes field)
  (if (bytevector? field) field (string->utf8 field)))

;; Asyncs are blocked: an interrupt must not cut a frame in two.
(define (send type id . fields)
  (let* ((fields (map ->bytes fields))
         (sizes (map (lambda (field) (number->string (bytevector-length field))) fields))
         (header (string-join (cons* type id sizes) " ")))
    (call-with-blocked-asyncs
     (lambda ()
       (with-mutex sending
         (put-bytevector answers (string->utf8 (string-append header "\n")))
         (for-each (lambda (field) (put-bytevector answers field)) fields)
         (force-output answers))))))

(define (read-header)
  (let loop ((characters '()))
    (match (get-u8 requests)
      ((? eof-object?) #f)
      (10 (list->string (reverse characters)))
      (byte (loop (cons (integer->char byte) characters))))))

(define (read-field size)
  (if (zero? size) (make-bytevector 0) (get-bytevector-n requests size)))

;; A request is a list of its type, its id, and its fields as bytevectors; #f at the end.
(define (receive)
  (let ((header (read-header)))
    (and header
         (match (string-split header #\space)
           ((type id . sizes)
            (cons* type id (map (lambda (size) (read-field (string->number size))) sizes)))))))

;; Bytes that are not UTF-8 become U+FFFD.
(define (bytes->text bytes)
  (let ((port (open-bytevector-input-port bytes)))
    (set-port-encoding! port "UTF-8")
    (set-port-conversion-strategy! port 'substitute)
    (let ((text ((@ (ice-9 textual-ports) get-string-all) port)))
      (if (eof-object? text) "" text))))

;;; 2. What a cell shows

(define current "0")
(define silent? #f)
(define mark "\x1b_kernel-runner\x1b\\")

(define (flush-streams)
  ;; A cell may have closed them, or have others for a while.
  (for-each (lambda (port) (false-if-exception (force-output port)))
            (list stdout (current-output-port) (current-error-port))))

(define (send-marked type . fields)
  (flush-streams)
  (false-if-exception (display mark stdout))
  (false-if-exception (force-output stdout))
  (apply send type current fields))

;; Consoles show text/plain: there is always some.
(define (with-plain-text bundle)
  (if (assoc "text/plain" bundle)
      bundle
      (append bundle
              (match bundle
                (((mime . (? string? data)) . _) `(("text/plain" . ,data)))
                (((mime . _) . _) `(("text/plain" . ,(format #f "<~a>" mime))))))))

(define (show kind id bundle metadata)
  (apply send-marked "D" kind id metadata
         (append-map (match-lambda ((mime . data) (list mime data)))
                     (with-plain-text bundle))))

(define* (jupyter-display mime data #:key (id "") (metadata ""))
  "Show DATA, a string or a bytevector, of the type MIME.  ID is a name under which
jupyter-update replaces it; METADATA is JSON."
  (show "display" id (list (cons mime data)) metadata))

(define* (jupyter-update id mime data #:key (metadata ""))
  "Replace what jupyter-display has shown under the name ID."
  (show "update" id (list (cons mime data)) metadata))

(define* (jupyter-clear-output #:optional (wait? #f))
  "Clear the cell's output; when WAIT? is true, only once there is something new."
  (send-marked "U" (if wait? "1" "0")))

(define renderers '())

(define (jupyter-show-with predicate mime render)
  "From now on, show results for which PREDICATE is true as MIME too: what RENDER gives for
them, a string or a bytevector."
  (set! renderers (cons (list predicate mime render) renderers)))

(define (written value)
  (call-with-output-string (lambda (port) (write value port))))

(define (bundle-of values)
  (define (rich-forms value)
    (filter-map (match-lambda
                  ((predicate mime render) (and (predicate value) (cons mime (render value)))))
                renderers))
  (append (match values ((value) (rich-forms value)) (_ '()))
          `(("text/plain" . ,(string-join (map written values) "\n")))))

;; As Guile's own console: what is unspecified is not shown.
(define (show-result values)
  (let ((values (remove unspecified? values)))
    (unless (or silent? (null? values))
      (show "result" "" (bundle-of values) ""))))

(define (printf text . values)
  "Display TEXT with its ~a and ~s replaced by VALUES."
  (apply format #t text values))

(define-syntax try
  (syntax-rules (catch finally)
    ((_ body ... (catch name handler ...) (finally last ...))
     (dynamic-wind (const #t)
                   (lambda () (try body ... (catch name handler ...)))
                   (lambda () last ...)))
    ((_ body ... (finally last ...))
     (dynamic-wind (const #t) (lambda () body ...) (lambda () last ...)))
    ((_ body ... (catch name handler ...))
     (let/ec return
       ((let/ec fail
          (with-exception-handler
           (lambda (name)
             (unless (eq? (exception-kind name) 'quit)
               (fail (lambda () handler ...))))
           (lambda ()
             (call-with-values (lambda () body ...) return)))))))))

;;; 3. Errors

(define max-frames 40)

(define (cell-file? file)
  (and (string? file) (string-prefix? "In[" file)))

(define (frame->line frame)
  (match (frame-source frame)
    ((_ (? cell-file? file) line . column)
     (format #f "~a:~a:~a (~a)" file (1+ line) column
             (or (frame-procedure-name frame) "top level")))
    (_ #f)))

;; A runaway recursion has millions; the innermost are enough.
(define (stack->frames stack)
  (define count (if stack (min (stack-length stack) (* 5 max-frames)) 0))
  (map (lambda (index) (stack-ref stack index)) (iota count)))

;; The lines of the cells that were on their way, the innermost first.
(define (trace frames)
  (let ((lines (filter-map frame->line frames))
        (last (form->lines current-form)))
    (cond ((> (length lines) max-frames) (append (take lines max-frames) '("...") last))
          ((any (lambda (line) (string-suffix? "(top level)" line)) lines) lines)
          (else (append lines last)))))

;; A form whose last call is a tail call has left no frame.
(define (form->lines form)
  (match form
    (#f '())
    ((position . _) (list (string-append position " (top level)")))))

(define (name-of exception)
  (match (exception-kind exception)
    ('%exception
     (if (exception? exception)
         (string-trim-both (symbol->string (record-type-name (record-type-descriptor exception)))
                           (char-set #\< #\> #\&))
         "raise"))
    (kind (symbol->string kind))))

(define (text-of exception)
  (string-trim-both
   (call-with-output-string
     (lambda (port)
       (print-exception port #f (exception-kind exception) (exception-args exception))))))

(define (send-failure id exception frames)
  (let* ((message (text-of exception))
         (traceback (cons (string-append (name-of exception) ": " message) (trace frames))))
    (send "X" id (name-of exception) message (string-join traceback "\n"))))

;;; 4. Evaluation

(define user-module (resolve-module '(guile-user)))
(define running? #f)                    ; a SIGINT is welcome
(define cell-prompt (make-prompt-tag "cell"))
(define max-stack (* 16 1024 1024))     ; words

(define running-mutex (make-mutex))
(define running-came (make-condition-variable))

(define (begin-running)
  (set! flush-coming? #f)               ; an interrupt drops asyncs that wait behind it
  (with-mutex running-mutex
    (set! running? #t)
    (signal-condition-variable running-came)))

(define current-form #f)

(define (position form port)
  (define (at line column) (format #f "~a:~a:~a" (port-filename port) (1+ line) column))
  (match (source-properties form)
    (() (at (port-line port) (port-column port))) ; a symbol: where the reader is now
    (source (at (assq-ref source 'line) (assq-ref source 'column)))))

;; Pairs of a form's position and itself.
(define (read-all port)
  (let loop ((forms '()))
    (match (read port)
      ((? eof-object?) (reverse forms))
      (form (loop (cons (cons (position form port) form) forms))))))

(define (open-cell name code)
  (let ((port (open-input-string code)))
    (set-port-filename! port name)
    port))

;; It is loaded by its first use, and an interrupt would leave it there in part.
(define (load-compiler level)
  (call-with-blocked-asyncs
   (lambda ()
     (compile '(lambda () 1) #:to 'bytecode #:optimization-level level)
     level)))

(define optimizer (delay (load-compiler (default-optimization-level))))

;; What has no procedure in it, and so no loop, is run only once.
(define (runs-once? tree)
  (tree-il-fold (lambda (node once?) (and once? (not (lambda? node))))
                (lambda (node once?) once?)
                #t
                tree))

;; Compiled, as at Guile's own console: that is what keeps positions.  To optimize takes longer
;; than most cells.
(define (evaluate-form form)
  (set! current-form form)
  (let* ((tree (compile (cdr form) #:to 'tree-il #:env (current-module) #:warning-level 0))
         (level (if (runs-once? tree) 1 (force optimizer)))
         (code (compile tree #:from 'tree-il #:to 'bytecode #:env (current-module)
                        #:optimization-level level #:warning-level 0)))
    (call-with-values (load-thunk-from-memory code) list)))

(define (evaluate-forms forms)
  (fold (lambda (form values) (evaluate-form form)) '() forms))

(define (fail-for-stack)
  (throw 'stack-overflow #f "Stack overflow: the recursion is too deep" '() #f))

;; Calls thunk, or the handler with the exception and its frames, once all is unwound.
(define (call-guarded thunk handler)
  (let/ec leave
    (call-with-values
        (lambda ()
          (let/ec fail
            (leave
             (with-exception-handler
              (lambda (exception)
                (let ((frames (stack->frames (make-stack #t))))
                  (fail exception frames)))
              (lambda ()
                (call-with-stack-overflow-handler max-stack thunk fail-for-stack))))))
      handler)))

(define (quit exception)
  (flush-streams)
  (let ((code (match (exception-args exception)
                (() 0)
                (((? integer? code) . _) code)
                ((#f . _) 1)
                (_ 0))))
    (primitive-exit code)))

(define (run-cell id name code)
  (call-guarded
   (lambda ()
     (set! current-form #f)
     (begin-running)
     (let ((values (evaluate-forms (read-all (open-cell name code)))))
       (set! running? #f)
       (show-result values)
       (flush-streams)
       (lambda () (send "K" id))))
   (lambda (exception frames)
     (set! running? #f)
     (when (eq? (exception-kind exception) 'quit) (quit exception))
     (flush-streams)
     (lambda () (send-failure id exception frames)))))

(define (reopen path target)
  (unless (string-null? path)
    (let ((fd (open-fdes path (logior O_WRONLY O_NOCTTY))))
      (unless (= fd target)
        (dup2 fd target)
        (close-fdes fd)))))

(define (evaluate id code count out err options)
  (reopen (bytes->text out) 1)
  (reopen (bytes->text err) 2)
  (set! current id)
  (set! silent? (string-contains (bytes->text options) "\"silent\": true"))
  (flush-streams)
  (send "B" id)
  (let ((answer (call-with-prompt cell-prompt
                  (lambda ()
                    (run-cell id (format #f "In[~a]" (bytes->text count)) (bytes->text code)))
                  (lambda (_)
                    (flush-streams)
                    (lambda ()
                      (send "X" id "Interrupted" "The cell was interrupted." "Interrupted"))))))
    (set! running? #f)
    (answer)))

;; Not an exception: a cell's own `catch #t` should not stop it.
(define (interrupt signal)
  (when running?
    (set! running? #f)
    (abort-to-prompt cell-prompt)))

;; No comms here: what is opened is closed.
(define (answer-comm type id comm)
  (send "B" id)
  (when (string=? type "O") (send "L" id comm "{}" "{}"))
  (send "K" id))

;;; 5. Completion and inspection

(define delimiters (string->char-set " \t\r\n()[]{}'`,\";#"))

(define (word-start code at)
  (let ((before (string-rindex code delimiters 0 at)))
    (if before (1+ before) 0)))

(define (word-end code at)
  (or (string-index code delimiters at) (string-length code)))

(define (bytes-before code at)
  (bytevector-length (string->utf8 (substring code 0 at))))

(define (offset->index bytes offset)
  (let ((prefix (make-bytevector offset)))
    (bytevector-copy! bytes 0 prefix 0 offset)
    (string-length (bytes->text prefix))))

(define (names-with prefix)
  (let ((names (apropos-internal (string-append "^" (regexp-quote prefix)))))
    (delete-duplicates (sort (map symbol->string names) string<?))))

(define (complete id bytes offset)
  (let* ((code (bytes->text bytes))
         (at (offset->index bytes (string->number (bytes->text offset))))
         (start (word-start code at))
         (word (substring code start at))
         (matches (if (string-null? word) '() (names-with word))))
    (apply send "C" id
           (number->string (bytes-before code start))
           (number->string (bytes-before code at))
           matches)))

(define (describe name)
  (let* ((variable (module-variable user-module name))
         (value (and variable (variable-bound? variable) (variable-ref variable)))
         (documentation (and value (object-documentation value))))
    (and variable
         (string-append
          (format #f "~a: ~s" name value)
          (if (procedure? value) (format #f "\n~a" (signature name value)) "")
          (if documentation (string-append "\n\n" documentation) "")))))

(define (signature name procedure)
  (match (procedure-arguments procedure)
    ((('required . required) ('optional . optional) ('keyword . keyword) _ ('rest . rest) . _)
     (written (append (list name) required
                      (if (null? optional) '() (cons #:optional optional))
                      (if (null? keyword) '() (cons #:key (map car keyword)))
                      (or rest '()))))
    (_ (written (list name '...)))))

(define (inspect id bytes offset)
  (let* ((code (bytes->text bytes))
         (at (offset->index bytes (string->number (bytes->text offset))))
         (word (substring code (word-start code at) (word-end code at)))
         (text (and (not (string-null? word)) (describe (string->symbol word)))))
    (if text (send "I" id "text/plain" text) (send "I" id))))

(define (completeness code)
  (catch 'read-error
    (lambda ()
      (read-all (open-cell "" code))
      "complete")
    (lambda (key procedure message . _)
      (if (string-match "end of (input|file)|EOF|unterminated" (format #f "~a" message))
          "incomplete"
          "invalid"))))

(define (judge id code)
  (let ((status (completeness (bytes->text code))))
    (send "P" id status (if (string=? status "incomplete") "  " ""))))

(define (assist type id . fields)
  (catch #t
    (lambda ()
      (match (cons type fields)
        (("C" code offset . _) (complete id code offset))
        (("I" code offset . _) (inspect id code offset))
        (("P" code . _) (judge id code))))
    (lambda _
      (apply send type id (match type
                            ("C" '("0" "0"))
                            ("I" '())
                            ("P" '("unknown" "")))))))

;;; 6. Streams

;; A write for each newline would be most of a loop's time.  So output is kept, and a thread sees
;; to it that it is not kept for long; ports do not bear that it writes itself.
(define flush-interval 20000)           ; microseconds

(define main-thread (current-thread))
(define own-threads 4)                  ; with the one of Guile's own that takes signals
(define flush-coming? #f)
(define wait-for select)                ; as it is before we change it

;; Between cells only the threads that a cell has left behind can write.
(define (may-be-written?)
  (or running? (> (length (all-threads)) own-threads)))

(define (flush-in-time)
  (set! flush-coming? #f)
  (flush-streams))

(define (flush-now-and-then)
  (wait-for '() '() '() 0 flush-interval)
  (with-mutex running-mutex
    (let wait ()
      (unless (may-be-written?)
        (wait-condition-variable running-came running-mutex)
        (wait))))
  (unless flush-coming?
    (set! flush-coming? #t)
    (system-async-mark flush-in-time main-thread))
  (flush-now-and-then))

(define (flush-from-main-thread)
  (when (eq? (current-thread) main-thread)
    (flush-streams)))

;; Calls that wait, or that start or become a program with output of its own.
(define (keep-output-in-order)
  (define (change name module change)
    (let ((variable (module-variable module name)))
      (variable-set! variable (change (variable-ref variable)))))
  (define (flush-before procedure)
    (lambda arguments
      (flush-from-main-thread)
      (apply procedure arguments)))
  (for-each (lambda (name) (change name the-root-module flush-before))
            '(accept connect execl execle execlp primitive-fork recv! recvfrom! system system*
              waitpid))
  (change 'piped-process (resolve-module '(ice-9 popen)) flush-before)
  (change 'sleep the-root-module (const (lambda (seconds) (sleep-whole (* seconds 1000000)))))
  (change 'usleep the-root-module (const sleep-whole))
  (change 'select the-root-module (const select-whole)))

;; An async ends these early, and so would each time that we flush: they wait for the rest.
(define* (select-whole reads writes excepts #:optional seconds (microseconds 0))
  (define (now) (get-internal-real-time))
  (define deadline
    (and seconds
         (+ (now) (* internal-time-units-per-second (+ seconds (/ microseconds 1000000))))))
  (define (wait)
    (if deadline
        (let ((left (max 0 (/ (- deadline (now)) internal-time-units-per-second))))
          (wait-for reads writes excepts 0 (inexact->exact (ceiling (* 1000000 left)))))
        (wait-for reads writes excepts)))
  (flush-from-main-thread)
  (let again ((ready (wait)))
    (if (and (every null? (map (lambda (set) (if (vector? set) (vector->list set) set)) ready))
             (or (not deadline) (< (now) deadline)))
        (again (wait))
        ready)))

(define (sleep-whole microseconds)
  (select-whole '() '() '() 0 microseconds)
  0)

;; What is asked stands there before it is read, and what was printed before a warning, too.
(define (make-input raw)
  (define (read! bytes start count)
    (flush-streams)
    (match (get-bytevector-some! raw bytes start count)
      ((? eof-object?) 0)
      (size size)))
  (make-custom-binary-input-port "stdin" read! #f #f #f))

(define (make-errors raw)
  (define (write! bytes start count)
    (false-if-exception (force-output stdout))
    (put-bytevector raw bytes start count)
    count)
  (make-custom-binary-output-port "stderr" write! #f #f #f))

(define stdout (current-output-port))

(define (set-up-ports)
  (catch 'system-error (lambda () (setlocale LC_ALL "C.UTF-8")) (const #f))
  (fluid-set! %default-port-encoding "UTF-8")
  (setvbuf stdout 'block (* 64 1024))
  (setvbuf (current-error-port) 'none)
  (set-current-input-port (make-input (current-input-port)))
  (set-current-error-port (make-errors (current-error-port)))
  (setvbuf (current-error-port) 'none)
  (current-warning-port (current-error-port))
  (for-each (lambda (port)
              (set-port-encoding! port "UTF-8")
              (set-port-conversion-strategy! port 'substitute))
            (list (current-input-port) stdout (current-error-port))))

;;; 7. The threads

(define work '())
(define work-mutex (make-mutex))
(define work-came (make-condition-variable))

(define (add-work request)
  (with-mutex work-mutex
    (set! work (append work (list request)))
    (signal-condition-variable work-came)))

(define (next-work)
  (with-mutex work-mutex
    (let wait ()
      (if (null? work)
          (begin (wait-condition-variable work-came work-mutex) (wait))
          (let ((request (car work)))
            (set! work (cdr work))
            request)))))

(define (read-requests)
  (let ((request (receive)))
    (match request
      (#f (primitive-_exit 0))
      (((or "C" "I" "P") . _) (apply assist request))
      (((or "E" "O" "M" "L" "Q") . _) (add-work request))
      (_ #f))
    (read-requests)))

(define (serve)
  (match (next-work)
    (("E" id code count out err options . _) (evaluate id code count out err options))
    (("Q" . _) (primitive-exit 0))
    ((type id comm . _) (answer-comm type id comm)))
  (serve))

(define (start)
  (set-up-ports)
  (set-current-module user-module)
  (module-use! user-module (resolve-interface '(jupyter)))
  (for-each (lambda (name) (module-use! user-module (resolve-interface name)))
            '((ice-9 session) (ice-9 regex) (ice-9 threads)))
  (sigaction SIGINT interrupt 0 (current-thread))
  (load-compiler 1)
  (keep-output-in-order)
  (call-with-new-thread read-requests)
  (call-with-new-thread flush-now-and-then)
  ;; Only now: Guile's pipe for signals would have got these numbers, and a cell may close them.
  (close-fdes 3)
  (close-fdes 4)
  (send "R" "0" (version))
  (serve))

(start)
