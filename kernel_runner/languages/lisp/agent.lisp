;;;; The Common Lisp agent: evaluates cells in this SBCL. See kernel_runner/session/frames.py.
;;;;
;;;; The debugger is never entered: what would enter it becomes the cell's error.

(defpackage :jupyter
  (:use :common-lisp)
  (:shadow #:clear-output)
  (:export #:mime-bundle #:display #:update #:clear-output
           #:text #:html #:markdown #:latex #:svg #:png #:jpeg #:json))

(in-package :jupyter)

;;; 1. Frames

(defmacro libc (name &rest arguments)
  "Calls a function of the C library: (libc \"dup2\" a b), all of them ints."
  `(sb-alien:alien-funcall
    (sb-alien:extern-alien ,name (function sb-alien:int ,@(mapcar (constantly 'sb-alien:int)
                                                                  arguments)))
    ,@arguments))

(defconstant +f-dupfd-cloexec+ 1030)

(defun take-descriptor (fd)
  "FD, out of the way of cells that close low descriptors, and never seen by children."
  (prog1 (libc "fcntl" fd +f-dupfd-cloexec+ 60)
    (libc "close" fd)))

(defun open-bytes (fd direction)
  (sb-sys:make-fd-stream fd :input (eq direction :input) :output (eq direction :output)
                            :element-type '(unsigned-byte 8) :buffering :full))

(defvar *requests* (open-bytes (take-descriptor 3) :input))
(defvar *answers* (open-bytes (take-descriptor 4) :output))

(defun encode (field)
  (if (stringp field) (sb-ext:string-to-octets field :external-format :utf-8) field))

(defun decode (bytes)
  (sb-ext:octets-to-string bytes :external-format '(:utf-8 :replacement #\ufffd)))

(defun send (type id &rest fields)
  (let ((fields (mapcar #'encode fields)))
    (sb-sys:without-interrupts
      (write-sequence (encode (format nil "~a ~a~{ ~d~}~%" type id (mapcar #'length fields)))
                      *answers*)
      (dolist (field fields)
        (write-sequence field *answers*))
      (finish-output *answers*))))

(defun split (line)
  (loop for start = 0 then (1+ end)
        for end = (position #\Space line :start start)
        collect (subseq line start end)
        while end))

(defun read-header ()
  (let ((bytes (loop for byte = (read-byte *requests* nil nil)
                     unless byte do (sb-ext:exit :code 0 :abort t)
                     until (= byte 10)
                     collect byte)))
    (split (map 'string #'code-char bytes))))

(defun receive ()
  "A request: its type, its id, and its fields as bytes."
  (destructuring-bind (type id &rest sizes) (read-header)
    (list* type id
           (loop for size in sizes
                 for field = (make-array (parse-integer size) :element-type '(unsigned-byte 8))
                 do (read-sequence field *requests*)
                 collect field))))

;;; 2. What a cell shows

(defvar *id* "0")
(defvar *silent* nil)
(defvar *mark* (format nil "~c_kernel-runner~c\\" #\Escape #\Escape))

(defun flush-streams ()
  ;; A cell may have closed them.
  (ignore-errors (finish-output sb-sys:*stdout*))
  (ignore-errors (finish-output sb-sys:*stderr*)))

(defun send-marked (type &rest fields)
  (flush-streams)
  (ignore-errors (write-string *mark* sb-sys:*stdout*))
  (flush-streams)
  (apply #'send type *id* fields))

(defstruct rich mime data)

(defgeneric mime-bundle (value)
  (:documentation "What VALUE looks like: conses of a MIME type and a string or bytes. Define
methods for classes of your own; text/plain is added where it is missing.")
  (:method (value)
    (declare (ignore value))
    '())
  (:method ((value rich))
    (list (cons (rich-mime value) (rich-data value)))))

(defun printed (value)
  (let ((*print-circle* t))
    (prin1-to-string value)))

(defun plain-text (value)
  (cond ((not (rich-p value)) (printed value))
        ((stringp (rich-data value)) (rich-data value))
        (t (format nil "<~a>" (rich-mime value)))))

(defun whole-bundle (value)
  (let ((bundle (mime-bundle value)))
    (if (assoc "text/plain" bundle :test #'string=)
        bundle
        (append bundle (list (cons "text/plain" (plain-text value)))))))

(defun show (kind id bundle)
  (apply #'send-marked "D" kind id ""
         (loop for (mime . data) in bundle collect mime collect data)))

(defun display (value &key (id ""))
  "Shows VALUE; ID is a name under which UPDATE replaces it."
  (show "display" id (whole-bundle value))
  (values))

(defun update (id value)
  "Replaces what DISPLAY has shown under the name ID."
  (show "update" id (whole-bundle value))
  (values))

(defun clear-output (&optional wait)
  "Clears the cell's output; when WAIT is true, only once there is something new."
  (send-marked "U" (if wait "1" "0"))
  (values))

(defmacro define-rich (name mime)
  `(defun ,name (data &key ((:display display-p)) (id ""))
     ,(format nil "A value that is shown as ~a; with :DISPLAY T it is shown at once." mime)
     (let ((value (make-rich :mime ,mime :data data)))
       (if display-p (display value :id id) value))))

(define-rich text "text/plain")
(define-rich html "text/html")
(define-rich markdown "text/markdown")
(define-rich latex "text/latex")
(define-rich svg "image/svg+xml")
(define-rich png "image/png")
(define-rich jpeg "image/jpeg")
(define-rich json "application/json")

(defun show-result (values)
  (cond ((or *silent* (null values)))
        ((rest values)
         (show "result" "" `(("text/plain" . ,(format nil "~{~a~^~%~}" (mapcar #'printed values))))))
        (t (show "result" "" (whole-bundle (first values))))))

;;; 3. Positions
;;;
;;; What the compiler keeps of a function leads to a part of the form that it was made from, the
;;; very list that was read. Where that stands in the cell is only asked when something has failed:
;;; the form is read once more then, with an eye on its parentheses.

(defstruct origin
  "Where a form has been read."
  name code start form package)

(defun line-at (code index)
  (1+ (count #\Newline code :end (min index (length code)))))

(defun place (origin index)
  "As In[3]:2."
  (format nil "~a:~d" (origin-name origin) (line-at (origin-code origin) index)))

(defun recording-readtable (spans)
  "One that notes in SPANS where each list begins and ends."
  (let* ((table (copy-readtable))
         (read-list (get-macro-character #\( table)))
    (set-macro-character #\(
                         (lambda (stream character)
                           (let ((start (1- (file-position stream)))
                                 (list (funcall read-list stream character)))
                             (when (consp list)
                               (setf (gethash list spans) (cons start (file-position stream))))
                             list))
                         nil table)
    table))

(defun read-again (origin)
  "The form as a new one, and where its lists stand."
  (let* ((spans (make-hash-table :test #'eq))
         (*readtable* (recording-readtable spans))
         (*package* (origin-package origin))
         (*read-eval* nil)) ; once is enough
    (with-input-from-string (stream (origin-code origin))
      (file-position stream (origin-start origin))
      (values (read stream) spans))))

(defun find-spans (origin)
  (let ((spans (make-hash-table :test #'eq))
        (seen (make-hash-table :test #'eq))) ; a literal may be circular
    (multiple-value-bind (again its-spans) (ignore-errors (read-again origin))
      (labels ((pair (form twin)
                 (loop while (and (consp form) (consp twin) (not (gethash form seen)))
                       do (setf (gethash form seen) t)
                          (let ((span (gethash twin its-spans)))
                            (when span
                              (setf (gethash form spans) span)))
                          (pair (pop form) (pop twin)))))
        (pair (origin-form origin) again)))
    spans))

(defvar *spans* nil "The tables of SPANS-OF, while a form is evaluated.")

(defun spans-of (origin)
  "A table from the lists in a form to where they begin and end; empty where it does not tell."
  (or (gethash origin *spans*)
      (setf (gethash origin *spans*) (find-spans origin))))

(defun span-within (form spans)
  "Where the first part of FORM stands that is the cell's own; a macro has made the rest."
  (loop while (consp form)
        do (let ((span (or (gethash form spans) (span-within (pop form) spans))))
             (when span
               (return span)))))

(defun origin-in (plist)
  (getf plist 'origin))

(defun enclosing-forms (location source)
  "What is evaluated at LOCATION, and what that is part of: the innermost first."
  (let* ((form (sb-c::core-debug-source-form source))
         (paths (sb-di:form-number-translations form 0))
         (path (aref paths (sb-di:code-location-form-number location)))
         (forms (list form)))
    (dolist (step (reverse (butlast (rest path))) forms)
      (push (setf form (nth step form)) forms))))

(defun compiled-position (frame)
  "The origin of what FRAME runs, and its forms."
  (let* ((location (sb-di:frame-code-location frame))
         (source (sb-di:code-location-debug-source location))
         (origin (origin-in (sb-c::debug-source-plist source))))
    (when origin
      (values origin (enclosing-forms location source)))))

(defun evaluator-p (frame)
  "Whether it is one of those by which EVAL evaluates the simplest of forms itself."
  (find (sb-di:debug-fun-name (sb-di:frame-debug-fun frame))
        '(eval sb-impl::simple-eval-in-lexenv sb-impl::%simple-eval)))

(defun position-of (frame)
  "The origin of what FRAME evaluates, and where that begins and ends in it; nil if elsewhere."
  (multiple-value-bind (origin forms)
      (ignore-errors
       (if (evaluator-p frame)
           (values (origin-in sb-c::*source-plist*)
                   (list (first (sb-debug::frame-args-as-list frame))))
           (compiled-position frame)))
    (let* ((spans (and origin (spans-of origin)))
           (span (and spans
                      (or (some (lambda (form) (gethash form spans)) forms)
                          (span-within (first (last forms)) spans)))))
      (and span (values origin span)))))

(defun delimiter-p (character)
  (find character " ()'`,\";#
	"))

(defun name-index (name code span)
  "Where NAME stands as a word within SPAN."
  (destructuring-bind (start . end) span
    (flet ((edge-p (index)
             (delimiter-p (char code index))))
      (loop for at = (search name code :start2 start :end2 end :test #'char-equal)
            while at
            do (setf start (+ at (length name)))
               (when (and (edge-p (1- at)) (edge-p start))
                 (return at))))))

(defun tell-position-of-warning (condition)
  "Says at which line the compiler warns, before it does so itself."
  (declare (ignore condition))
  (let* ((context (ignore-errors (sb-c::find-error-context nil)))
         (origin (and context (origin-in sb-c::*source-plist*)))
         (span (and origin
                    (span-within (sb-c::compiler-error-context-original-form context)
                                 (spans-of origin)))))
    (when span
      (format *error-output* "~&; ~a~%" (place origin (car span))))))

;;; 4. Errors

(defvar *running* nil "A SIGINT is welcome.")
(defvar *position* "" "Where the form that is evaluated begins, as In[3]:2.")
(defvar *max-frames* 40)

(defun own-call-p (call)
  (or (search "JUPYTER::" call) (search "SB-IMPL::" call) (search "SB-KERNEL::" call)
      (search "SB-INT:" call) (search "INVOKE-DEBUGGER" call) (search "SB-DEBUG" call)
      (search "foreign function" call) (search "SB-SYS:" call) (search "SB-UNIX::" call)
      (search "SB-KERNEL:" call)))

(defun call-of (frame)
  "A function and its arguments; nil for what is not the user's."
  (unless (evaluator-p frame)
    (let ((call (with-output-to-string (stream)
                  (let ((*print-length* 5) (*print-level* 4))
                    (sb-debug::print-frame-call frame stream :number nil)))))
      (unless (or (own-call-p call) (string= call "((LAMBDA ()))"))
        call))))

(defun index-in (span origin condition)
  "Where in SPAN it failed: at its start, unless CONDITION names a variable."
  (or (and (typep condition 'unbound-variable)
           (name-index (string (cell-error-name condition)) (origin-code origin) span))
      (car span)))

(defun frames (condition)
  "The calls that were on their way and where each was, the innermost first; and whether these
are all, down to the cell's form."
  (let ((lines '())
        (unnamed nil) ; the line before is that of a form
        (placed nil))
    (loop for frame = (sb-di:top-frame) then (sb-di:frame-down frame)
          repeat 120
          while frame
          until (find (sb-di:debug-fun-name (sb-di:frame-debug-fun frame))
                      '(evaluate-form call-with-forms))
          do (multiple-value-bind (origin span) (position-of frame)
               (let ((call (call-of frame))
                     (place (and span (place origin (index-in span origin
                                                              (and (not placed) condition))))))
                 (when (or call (and place (not unnamed)))
                   (push (format nil "~@[~a~]~:[~;: ~]~@[~a~]" place (and place call) call) lines)
                   (setf unnamed (not call)))
                 (setf placed (or placed place))))
          finally (return (values (nreverse lines) unnamed)))))

(defun traceback (condition)
  "Lines; the last names a place in the cell."
  (multiple-value-bind (lines whole) (frames condition)
    (cond ((> (length lines) *max-frames*)
           (append (subseq lines 0 *max-frames*) (list "..." *position*)))
          (whole lines)
          (t (append lines (list *position*))))))

(defun message-of (condition)
  "What CONDITION says; of the stream that a cell is read from, nobody needs to know."
  (handler-case
      (let ((text (princ-to-string condition)))
        (if (and (typep condition 'end-of-file) (search "STRING-INPUT-STREAM" text))
            "The text ends within a form."
            (subseq text 0 (search (format nil "~2%  Stream: #<dynamic-extent") text))))
    (error () (prin1-to-string (type-of condition)))))

(defun failure (condition)
  "The fields of an X frame."
  (if (typep condition 'sb-sys:interactive-interrupt)
      (list "Interrupted" "The cell was interrupted."
            (format nil "Interrupted~{~%~a~}" (traceback condition)))
      (let ((name (prin1-to-string (class-name (class-of condition))))
            (message (message-of condition)))
        (setf name (subseq name (1+ (or (position #\: name :from-end t) -1))))
        (list name message
              (format nil "~a: ~a~{~%~a~}" name message (traceback condition))))))

(defun fail-instead-of-debugging (condition hook)
  (declare (ignore hook))
  (cond ((not (eq sb-thread:*current-thread* (sb-thread:main-thread)))
         (format *error-output* "~a: ~a~%" (type-of condition) (message-of condition))
         (sb-thread:abort-thread))
        (*running* (throw 'cell (list* :failed (failure condition))))
        (t (continue condition))))

;;; 5. Evaluation

(defun skip-blank (stream)
  "Goes to where the next form begins."
  (loop for character = (peek-char t stream nil)
        while (eql character #\;)
        do (read-line stream nil)))

(defun evaluate-form (form origin)
  (let* ((sb-c::*source-plist* (list 'origin origin))
         (*spans* (make-hash-table :test #'eq))
         (values (handler-bind ((warning #'tell-position-of-warning))
                   (multiple-value-list (eval form)))))
    (shiftf +++ ++ + form)
    (shiftf *** ** * (first values))
    values))

(defun call-with-forms (function name code)
  "The values of FUNCTION for the last of the forms in CODE, each given with its origin."
  (with-input-from-string (stream code)
    (loop with end = (list nil)
          with values = '()
          do (skip-blank stream)
             (let ((origin (make-origin :name name :code code :start (file-position stream)
                                        :package *package*)))
               (setf *position* (place origin (origin-start origin)))
               (let ((form (read stream nil end)))
                 (when (eq form end)
                   (return values))
                 (setf (origin-form origin) form
                       values (funcall function form origin)))))))

(defun changes-reader-p (code)
  "Whether a form of CODE may say how the next is read."
  (loop for word in '("macro-character" "readtable" "syntax-from-char" "read-base" "#.")
          thereis (search word code :test #'char-equal)))

(defun check-syntax (name code)
  "Fails where a form cannot be read. Names are only looked at later: a form may make a package."
  (unless (changes-reader-p code)
    (let ((*read-suppress* t))
      (call-with-forms #'list name code))))

(defun evaluate-forms (name code)
  "The values of the last form; nothing is evaluated where a later one is not well-formed."
  (check-syntax name code)
  (call-with-forms #'evaluate-form name code))

(defun run-cell (name code)
  "Nothing, or :failed and the fields of an X frame."
  (catch 'cell
    (restart-case
        (progn
          (setf *running* t)
          (let ((values (evaluate-forms name code)))
            (setf *running* nil)
            (show-result values)
            nil))
      (abort ()
        :report "End the cell."
        (list :failed "ABORT" "The cell was aborted." "The cell was aborted.")))))

(defun reopen (path target)
  (unless (string= path "")
    (let ((fd (sb-unix:unix-open path (logior sb-unix:o_wronly sb-unix:o_noctty) 0)))
      (unless (= fd target)
        (libc "dup2" fd target)
        (libc "close" fd)))))

(defun evaluate (id code count out err options)
  (reopen (decode out) 1)
  (reopen (decode err) 2)
  (setf *id* id
        *silent* (search "\"silent\": true" (decode options)))
  (flush-streams)
  (send "B" id)
  (let ((failure (run-cell (format nil "In[~a]" (decode count)) (decode code))))
    (setf *running* nil)
    (flush-streams)
    (if failure
        (apply #'send "X" id (rest failure))
        (send "K" id))))

(defun answer-comm (type id comm)
  "No comms here: what is opened is closed."
  (send "B" id)
  (when (string= type "O")
    (send "L" id comm "{}" "{}"))
  (send "K" id))

;;; What %cd and %env ask for

(defun change-directory (path)
  (sb-alien:alien-funcall
   (sb-alien:extern-alien "chdir" (function sb-alien:int sb-alien:c-string)) path)
  (setf *default-pathname-defaults*
        (sb-ext:parse-native-namestring path nil *default-pathname-defaults* :as-directory t))
  (values))

(defun set-environment (name value)
  (sb-alien:alien-funcall
   (sb-alien:extern-alien "setenv" (function sb-alien:int sb-alien:c-string sb-alien:c-string
                                             sb-alien:int))
   name value 1)
  (values))

;;; 6. Completion and inspection

(defun word-start (code at)
  (1+ (or (position-if #'delimiter-p code :end at :from-end t) -1)))

(defun word-end (code at)
  (or (position-if #'delimiter-p code :start at) (length code)))

(defun byte-offset (code index)
  (length (encode (subseq code 0 index))))

(defun symbols-of (package-name internal)
  "The names of the symbols that may stand after PACKAGE-NAME: (nil is the current one)."
  (let ((package (if package-name (find-package (string-upcase package-name)) *package*))
        (names '()))
    (cond ((null package))
          ((or internal (null package-name))
           (do-symbols (symbol package) (push (symbol-name symbol) names)))
          (t (do-external-symbols (symbol package) (push (symbol-name symbol) names))))
    names))

(defun matches (word)
  (let* ((colon (position #\: word))
         (internal (and colon (search "::" word)))
         (start (cond (internal (+ colon 2)) (colon (1+ colon)) (t 0)))
         (prefix (string-upcase (subseq word start)))
         (names (symbols-of (and colon (subseq word 0 colon)) internal)))
    (loop for name in (sort (remove-duplicates names :test #'string=) #'string<)
          when (eql (mismatch prefix name) (and (/= (length prefix) (length name)) (length prefix)))
            collect (concatenate 'string (subseq word 0 start) (string-downcase name)))))

(defun complete (id code offset)
  (let* ((before (decode (subseq code 0 (parse-integer (decode offset)))))
         (start (word-start before (length before)))
         (word (subseq before start)))
    (apply #'send "C" id
           (princ-to-string (byte-offset before start)) (decode offset)
           (if (string= word "") '() (matches word)))))

(defun inspect-name (id code offset)
  (let* ((at (length (decode (subseq code 0 (parse-integer (decode offset))))))
         (text (decode code))
         (word (subseq text (word-start text at) (word-end text at)))
         (symbol (let ((*read-eval* nil)) (ignore-errors (read-from-string word)))))
    (if (and symbol (symbolp symbol) (or (boundp symbol) (fboundp symbol) (find-class symbol nil)))
        (send "I" id "text/plain"
              (string-trim '(#\Newline) (with-output-to-string (stream) (describe symbol stream))))
        (send "I" id))))

(defun completeness (code)
  (handler-case
      (let ((*read-suppress* t) (*read-eval* nil) (end (list nil)))
        (with-input-from-string (stream code)
          (loop until (eq (read stream nil end) end)))
        "complete")
    (end-of-file () "incomplete")
    (error () "invalid")))

(defun judge (id code)
  (let ((status (completeness (decode code))))
    (send "P" id status (if (string= status "incomplete") "  " ""))))

;;; 7. The loop

(defun answer (request)
  (destructuring-bind (type id . fields) request
    (flet ((answer-or (empty function count)
             (handler-case (apply function id (subseq fields 0 count))
               (error () (apply #'send type id empty)))))
      (cond ((string= type "E") (apply #'evaluate id (subseq fields 0 5)))
            ((string= type "C") (answer-or '("0" "0") #'complete 2))
            ((string= type "I") (answer-or '() #'inspect-name 2))
            ((string= type "P") (answer-or '("unknown" "") #'judge 1))
            ((find type '("O" "M" "L") :test #'string=) (answer-comm type id (first fields)))
            ((string= type "Q") (sb-ext:exit :code 0))))))

;;; A write for each line would be most of a loop's time. So output is kept, and a thread sees to it
;;; that it is not kept for long. SBCL's own streams do not bear two threads.

(defconstant +flush-interval+ 0.02 "Seconds.")

(defclass kept-output (sb-gray:fundamental-character-output-stream)
  ((raw :initarg :raw)
   (earlier :initarg :earlier :initform nil :documentation "What must be seen before this.")
   (kept :initform nil :documentation "Whether there may be something to flush.")
   (lock :initform (sb-thread:make-mutex :name "output") :reader lock)))

(defvar *flush-wanted* (sb-thread:make-semaphore))

(defmacro with-raw ((raw stream) &body body)
  `(sb-thread:with-recursive-lock ((lock ,stream))
     (let ((,raw (slot-value ,stream 'raw)))
       ,@body)))

(defun prepare-to-write (stream)
  (with-slots (earlier kept) stream
    (cond (earlier (ignore-errors (finish-output earlier)))
          ((not kept)
           (setf kept t)
           (sb-thread:signal-semaphore *flush-wanted*)))))

(defmethod sb-gray:stream-write-char ((stream kept-output) character)
  (prepare-to-write stream)
  (with-raw (raw stream) (write-char character raw)))

(defmethod sb-gray:stream-write-string ((stream kept-output) string &optional (start 0) end)
  (prepare-to-write stream)
  (with-raw (raw stream) (write-string string raw :start start :end end)))

(defmethod sb-gray:stream-line-column ((stream kept-output))
  (with-raw (raw stream) (sb-kernel:charpos raw)))

(defmethod sb-gray:stream-force-output ((stream kept-output))
  (with-raw (raw stream) (finish-output raw)))

(defmethod sb-gray:stream-finish-output ((stream kept-output))
  (with-raw (raw stream) (finish-output raw)))

;;; What is asked for stands there before it is read.
(defclass asking-input (sb-gray:fundamental-character-input-stream)
  ((raw :initarg :raw)))

(defun asked (stream)
  (let ((raw (slot-value stream 'raw)))
    (unless (listen raw)
      (flush-streams))
    raw))

(defmethod sb-gray:stream-read-char ((stream asking-input))
  (read-char (asked stream) nil :eof))

(defmethod sb-gray:stream-unread-char ((stream asking-input) character)
  (unread-char character (slot-value stream 'raw)))

(defmethod sb-gray:stream-read-line ((stream asking-input))
  (multiple-value-bind (line missing-newline) (read-line (asked stream) nil :eof)
    (if (eq line :eof) (values "" t) (values line missing-newline))))

(defmethod sb-gray:stream-listen ((stream asking-input))
  (listen (slot-value stream 'raw)))

(defmethod sb-gray:stream-clear-input ((stream asking-input))
  (clear-input (slot-value stream 'raw)))

(defun open-terminal (fd direction buffering)
  (sb-sys:make-fd-stream fd :input (eq direction :input) :output (eq direction :output)
                            :buffering buffering
                            :external-format '(:utf-8 :replacement #\ufffd)))

(defun flush-now-and-then ()
  (loop (sb-thread:wait-on-semaphore *flush-wanted*)
        (sleep +flush-interval+)
        (setf (slot-value sb-sys:*stdout* 'kept) nil)
        (ignore-errors (finish-output sb-sys:*stdout*))))

(defun open-streams ()
  (setf sb-sys:*stdin* (make-instance 'asking-input :raw (open-terminal 0 :input :line))
        sb-sys:*stdout* (make-instance 'kept-output :raw (open-terminal 1 :output :full))
        sb-sys:*stderr* (make-instance 'kept-output :raw (open-terminal 2 :output :none)
                                                    :earlier sb-sys:*stdout*))
  (sb-int:encapsulate 'sb-ext:run-program 'flush-before
                      (lambda (function &rest arguments)
                        (flush-streams)
                        (apply function arguments)))
  (sb-thread:make-thread #'flush-now-and-then :name "jupyter flush"))

(defun start ()
  (open-streams)
  (setf sb-impl::*default-external-format* :utf-8
        *package* (find-package :common-lisp-user))
  ;; For the threads of cells too, which would not see a binding of ours.
  (setf (sb-ext:symbol-global-value 'sb-ext:*invoke-debugger-hook*) #'fail-instead-of-debugging
        sb-ext:*invoke-debugger-hook* #'fail-instead-of-debugging)
  (send "R" "0" (lisp-implementation-version))
  (loop (answer (receive))))
