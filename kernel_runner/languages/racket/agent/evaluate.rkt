#lang racket/base

;; Evaluates cells, in the main thread: that is the one that SIGINT breaks.

(require "frames.rkt"
         "library.rkt"
         "show.rkt"
         "streams.rkt")

(provide evaluate
         read-cell
         watch)

;; 1. Reading

;; The cell's forms. All are read before the first is evaluated.
(define (read-cell name code)
  (define port (open-input-string (without-language code)))
  (port-count-lines! port)
  (parameterize ([read-accept-reader #t]
                 [read-accept-lang #t]
                 [current-namespace user-namespace])
    (let loop ([forms '()])
      (define form (read-syntax name port))
      (if (eof-object? form)
          (reverse forms)
          (loop (cons form forms))))))

;; `#lang racket` says what is so already. It becomes a comment: positions stay.
(define (without-language code)
  (regexp-replace #px"^\\s*#lang\\s+racket(?:/base)?(?=\\s|$)"
                  code
                  (lambda (line) (regexp-replace #rx"#l" line ";l"))))

(define (in-another-language? code)
  (regexp-match? #px"^\\s*#lang\\s" (without-language code)))

;; 2. Evaluation

(define running? #f)
(define current-form #f)
(define main (current-thread))
(define printing (current-print))

(define (evaluate id code count out err options)
  (redirect out err)
  (set-request! id)
  (renew-custodian)
  (define name (string->symbol (format "In[~a]" count)))
  (define expression? (regexp-match? #rx"\"expression\": *true" options))
  (define silent? (regexp-match? #rx"\"silent\": *true" options))
  (set! too-deep? #f)
  (send "B" id)
  (define finish
    (call-guarded
     (lambda ()
       (define values (evaluate-cell name code))
       (lambda ()
         (show-result values expression? silent?)
         (flush-streams)
         (send "K" id)))
     (lambda (failure)
       (lambda ()
         (define fields (failure->fields failure))
         (flush-streams)
         (apply send "X" id fields)))))
  (call-guarded finish (lambda (failure) (apply send "X" id (failure->fields failure)))))

;; Calls thunk, or handler with whatever was raised. Breaks come only while thunk runs.
(define (call-guarded thunk handler)
  (begin0 (with-handlers ([void handler])
            (begin-running)
            (parameterize-break #t (thunk)))
          (set! running? #f)))

(define (begin-running)
  (set! memory-seen (current-memory-use))
  (set! running? #t)
  (semaphore-post begun))

(define (evaluate-cell name code)
  (set! current-form #f)
  (define forms (read-cell name code))
  (require-for forms)
  (define module? (in-another-language? code))
  (for/fold ([last-values '()]) ([form (in-list forms)])
    (set! current-form form)
    (define values (call-with-values (lambda () (evaluate-form form)) list))
    (when module?
      (require-module form))
    values))

;; In a prompt, as at racket's own console: a continuation ends with its form.
(define (evaluate-form form)
  (call-with-continuation-prompt
   (lambda ()
     ;; Else most functions are inlined, and missing in an error's context.
     (parameterize ([compile-context-preservation-enabled #t])
       (eval (namespace-syntax-introduce form))))
   (default-continuation-prompt-tag)
   (lambda results (values))))

;; A cell in another language (`#lang typed/racket`) is a module: later cells have what it provides.
(define (require-module form)
  (namespace-require (list 'quote (cadr (syntax->datum form)))))

;; Threads and files of a cell that shuts its custodian down are gone, but not the session.
(define (renew-custodian)
  (when (or (eq? (current-custodian) agents-custodian)
            (custodian-shut-down? (current-custodian)))
    (current-custodian (make-custodian agents-custodian))))

(define agents-custodian (current-custodian))

(define (show-result values expression? silent?)
  (define shown (if expression? values (filter-not-void values)))
  (unless (or silent? (null? shown))
    (if (eq? (current-print) printing)
        (show "result" (bundle-of shown))
        (for-each (current-print) shown))))

(define (filter-not-void values)
  (for/list ([value (in-list values)]
             #:unless (void? value))
    value))

;; 3. Errors

(define max-frames 40)

(define (failure->fields failure)
  (define message
    (cond
      [too-deep? "out of memory: the recursion is too deep"]
      [(exn? failure) (exn-message failure)]
      [else (format "uncaught exception: ~v" failure)]))
  (list (name-of failure) message (traceback message failure)))

(define (name-of failure)
  (cond
    [too-deep? "exn:fail:out-of-memory"]
    [(exn? failure)
     (regexp-replace #rx"^struct:" (symbol->string (vector-ref (struct->vector failure) 0)) "")]
    [else "raise"]))

;; As racket's own console shows it.
(define (traceback message failure)
  (define frames
    (if (exn? failure) (context->lines (exn-continuation-marks failure)) '()))
  (define lines
    (append frames
            (if (regexp-match? #rx"^In\\[[0-9]*\\]:" message)
                '() ; a syntax error says where it is
                (form->lines failure))))
  (if (null? lines)
      message
      (apply string-append
             message
             "\n  context...:"
             (for/list ([line (in-list lines)]) (string-append "\n   " line)))))

(define (context->lines marks)
  (define lines
    (for*/list ([frame (in-list (continuation-mark-set->context marks))]
                [place (in-value (cdr frame))]
                #:when (and place (users? (srcloc-source place))))
      (format "~a: ~a" (srcloc->string place) (or (car frame) "..."))))
  (if (> (length lines) max-frames)
      (append (for/list ([line (in-list lines)] [n (in-range max-frames)]) line) '("..."))
      lines))

(define agents-folder
  (let*-values ([(file) (variable-reference->module-source (#%variable-reference))]
                [(folder name directory?) (split-path file)])
    (path->string folder)))

(define (users? source)
  (not (and (path? source)
            (regexp-match? (regexp-quote agents-folder) (path->string source)))))

;; Where the form stands that failed, or the unbound name in it.
(define (form->lines failure)
  (define place
    (and current-form
         (or (and (exn:fail:contract:variable? failure)
                  (find-name current-form (exn:fail:contract:variable-id failure)))
             current-form)))
  (if place
      (list (format "~a:~a:~a" (syntax-source place) (syntax-line place) (syntax-column place)))
      '()))

(define (find-name form name)
  (let find ([form form])
    (cond
      [(identifier? form) (and (eq? (syntax-e form) name) form)]
      [(syntax? form) (find (syntax-e form))]
      [(pair? form) (or (find (car form)) (find (cdr form)))]
      [else #f])))

;; 4. Beside the cell: output is flushed, and an endless recursion is stopped before it has taken
;; all memory. Racket itself knows no other limit.

(define tick 0.02) ; seconds
(define much-memory (* 512 1024 1024))
(define deep 65536) ; frames; racket does not count farther

(define begun (make-semaphore 0))
(define too-deep? #f)
(define memory-seen 0)

(define (watch)
  (sync/timeout (and running? tick) begun)
  (when running?
    (tick-streams)
    (when (> (- (current-memory-use) memory-seen) much-memory)
      (set! memory-seen (- (current-memory-use) (quotient much-memory 2)))
      (when (>= (length (continuation-mark-set->context (continuation-marks main))) deep)
        (set! too-deep? #t)
        (break-thread main))))
  (watch))
