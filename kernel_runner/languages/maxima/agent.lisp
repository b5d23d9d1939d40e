;;;; The Maxima agent: evaluates cells in this Maxima, as its own top level would. See
;;;; kernel_runner/session/frames.py.
;;;;
;;;; Maxima is in GCL here, as Debian has it: characters are bytes, there are no threads, and what is
;;;; not compiled is slow, so that loops over characters are left to the functions of the library.

(defpackage :jupyter
  (:use :common-lisp)
  (:import-from :maxima #:merror #:meval #:displa #:mlist #:mlabel #:simp))

(in-package :jupyter)

#-gcl
(progn
  (format *error-output* "Cells need a Maxima that is built with GCL, as Debian's is, not with ~a.~%"
          (lisp-implementation-type))
  (maxima::bye))

;;; 1. Frames

(defvar *requests*)
(defvar *answers*)

(defvar *escape* (string (code-char 27)))
(defvar *id* "0" "Of the request that is answered.")
(defvar *interruptible* nil "A cell is evaluated, and a SIGINT may end it.")
(defvar *interrupted* nil "It has come while it could not.")

(defmacro without-interrupts (&body body)
  `(multiple-value-prog1 (let ((*interruptible* nil)) ,@body)
     (when (and *interrupted* *interruptible*)
       (end-interrupted))))

(defun send (type &rest fields)
  (without-interrupts
    (finish-output)
    (finish-output *error-output*)
    (format *answers* "~a ~a~{ ~d~}~%" type *id* (mapcar #'length fields))
    (dolist (field fields)
      (write-string field *answers*))
    (finish-output *answers*)))

(defun split (line)
  (loop for start = 0 then (1+ end)
        for end = (position #\Space line :start start)
        collect (subseq line start end)
        while end))

(defun receive ()
  "A request: its type, its id and its fields."
  (let ((header (read-line *requests* nil)))
    (unless header
      (leave 0))
    (destructuring-bind (type id &rest sizes) (split header)
      (list* type id
             (loop for size in sizes
                   for field = (make-string (parse-integer size))
                   do (read-sequence field *requests*)
                   collect field)))))

(defun leave (code)
  (handler-case (progn
                  (finish-output)
                  (maxima::delete-temp-files)
                  (si::bye code))
    (error () ; nobody reads any more, and GCL insists on writing
      (si::system "kill -KILL $PPID"))))

;;; 2. Failures: what the evaluation of a cell gives, instead of nothing, is the fields of an X frame

(defvar *code* "" "Of the cell.")
(defvar *cell* "In[0]" "Its name.")
(defvar *start* 0 "Where in it the statement that is evaluated begins.")

(defvar *known-line* '(0 . 1) "An index in the cell, and its line: counting goes on from there.")

(defun line-at (index)
  (destructuring-bind (known . line) *known-line*
    (when (< index known)
      (setf known 0
            line 1))
    (loop for newline = (position #\Newline *code* :start known :end index)
          while newline
          do (incf line)
             (setf known (1+ newline)))
    (setf *known-line* (cons known line))
    line))

(defun place (line)
  (format nil "~a:~d" *cell* line))

(defun end-cell (name message &rest lines)
  (throw 'cell
    (list name message
          (format nil "~a[31m~a~a[0m: ~a~{~%~a~}" *escape* name *escape* message lines))))

(defun end-interrupted ()
  (setf *interrupted* nil)
  (end-cell "Interrupted" "The cell was interrupted." (place (line-at *start*))))

(defun si::terminal-interrupt (correctable)
  (declare (ignore correctable))
  (if *interruptible*
      (end-interrupted)
      (setf *interrupted* t)))

(defun place-of-form (form)
  "Where a form was read, as In[3]:2 or numbers.mac:2; nil where Maxima does not know."
  (let ((info (maxima::get-lineinfo form)))
    (and (integerp (first info)) (stringp (second info))
         (format nil "~a:~d" (second info) (first info)))))

(defun frames ()
  "The functions of Maxima's own language that are running, the innermost first."
  (loop for index from 0
        for (function values parameters form info) = (multiple-value-list
                                                       (maxima::frame-info index))
        while (and function (< index *max-frames*))
        collect (format nil "~@[~a: ~]~a(~{~a=~a~^, ~})"
                        (and (stringp (second info)) (format nil "~a:~d" (second info) (first info)))
                        (maxima::$sconcat function)
                        (loop for parameter in parameters
                              for value in values
                              collect (maxima::$sconcat parameter)
                              collect (shortened (maxima::$sconcat value))))))

(defvar *max-frames* 20)
(defvar *max-argument* 60)

(defun shortened (text)
  (if (<= (length text) *max-argument*)
      text
      (concatenate 'string (subseq text 0 *max-argument*) "...")))

(defun current-form ()
  "Of what the top level evaluates the part that it is at."
  (if (plusp (length maxima::*mlambda-call-stack*))
      (aref maxima::*mlambda-call-stack* 1)  ; the call of the outermost function
      maxima::*last-meval1-form*))

(defun trace-lines ()
  "The calls, then a place in the cell: that of the form that failed, else of its statement."
  (let* ((maxima::$display2d nil)
         (place (place-of-form (current-form)))
         (own (eql 0 (and place (search (concatenate 'string *cell* ":") place)))))
    (append (frames)
            (and place (list place))
            (unless own (list (place (line-at *start*)))))))

(defun message-of-error ()
  "What Maxima's variable `error' says."
  (let ((maxima::$errormsg t))
    (trimmed (with-output-to-string (*standard-output*) (maxima::$errormsg)))))

(defun trimmed (text)
  (string-right-trim '(#\Newline #\Space) (string-left-trim '(#\Newline) text)))

(defun end-failed ()
  (apply #'end-cell "Error" (message-of-error) (trace-lines)))

(defun end-instead-of-debugging (condition hook)
  (declare (ignore hook))
  (unless *interruptible*  ; the agent itself has failed
    (format *error-output* "~a~%" condition)
    (leave 1))
  (if (typep condition 'maxima::maxima-$error)
      (end-failed)
      (apply #'end-cell "LispError" (message-of condition) (trace-lines))))

(defun message-of (condition)
  "Of what Lisp says the part behind `Condition in CAR [or a callee]: INTERNAL-'."
  (let* ((text (princ-to-string condition))
         (internal (search "]: INTERNAL-" text)))
    (string-right-trim '(#\Newline #\Space #\:)
                       (if internal (subseq text (+ internal (length "]: INTERNAL-"))) text))))

(defmacro define-around (name arguments &body body)
  "Redefines a function of Maxima; in BODY, (original ...) is what it was."
  (let ((function (gensym)))
    `(let ((,function (symbol-function ',name)))
       (flet ((original (&rest arguments) (apply ,function arguments)))
         (defun ,name ,arguments ,@body)))))

(defun caught-p ()
  "Whether somebody waits for the error: errcatch, the debugger, a function that handles it."
  (or maxima::errcatch maxima::*merror-signals-$error-p* maxima::*mdebug*))

(define-around merror (text &rest arguments)
  (cond ((caught-p) (apply #'original text arguments))
        (t (setf maxima::$error `((mlist simp) ,text ,@arguments))
           (end-failed))))

(defun parser-place ()
  "Where the parser is: a name and a line."
  (let ((stream maxima::*parse-stream*))
    (if (eq stream *cell-stream*)
        (place (line-at (min (length *code*)
                             (max *start* (+ *start* (file-position stream) -1)))))
        (let ((instream (maxima::find-stream stream)))
          (and instream
               (stringp (maxima::instream-name instream))
               (format nil "~a:~d" (maxima::instream-name instream)
                       (maxima::instream-line instream)))))))

(defvar *cell-stream* nil "What the parser reads a statement of the cell from.")
(defvar *refused-at* nil "How far in it the parser was when it had to give up.")

(defun printed (thing)
  (cond ((symbolp thing) (maxima::print-invert-case (maxima::stripdollar thing)))
        ((stringp thing) (maxima::maybe-invert-string-case thing))
        (t thing)))

(define-around maxima::mread-synerr (text &rest arguments)
  (if (caught-p)
      (apply #'original text arguments)
      (let ((message (apply #'format nil text (mapcar #'printed arguments)))
            (place (parser-place))
            (statement (place (line-at *start*))))
        (setf *refused-at* (and (eq maxima::*parse-stream* *cell-stream*)
                                (file-position *cell-stream*)))
        (apply #'end-cell "SyntaxError" message
               (if (eq maxima::*parse-stream* *cell-stream*)
                   (list place)
                   (append (and place (list place)) (list statement)))))))

;;; In a command that only begins to run an interrupt finds this Maxima still, with its memory and
;;; its stack, and must not leave.
(define-around maxima::$system (&rest arguments)
  (without-interrupts (apply #'original arguments)))

;;; What is loaded when it is first used would count as loaded, half of it.
(define-around maxima::generic-autoload (file)
  (without-interrupts (original file)))

(define-around maxima::aload (file)
  (without-interrupts (original file)))

(define-around maxima::$aload_mac (file)
  (without-interrupts (original file)))

;;; 3. The statements of a cell

(defun comment-end (code index)
  "The index behind the comment that begins at INDEX; they nest. Nil where it does not end."
  (loop with depth = 0
        for open = (search "/*" code :start2 index)
        for close = (search "*/" code :start2 index)
        do (cond ((null close) (return nil))
                 ((and open (< open close)) (incf depth) (setf index (+ open 2)))
                 (t (decf depth) (setf index (+ close 2))))
           (when (zerop depth)
             (return index))))

(defun blank-p (character)
  (member character '(#\Space #\Tab #\Newline #\Return #\Page)))

(defun comment-at-p (code index)
  (eql index (search "/*" code :start2 index :end2 (min (+ index 2) (length code)))))

(defun statement-start (code index)
  "Where there is something else than blanks and comments; nil where there is nothing."
  (loop (setf index (and index (position-if-not #'blank-p code :start index)))
        (unless (and index (comment-at-p code index) (comment-end code index))
          (return index))
        (setf index (comment-end code index))))

(defun line-statement-p (code index)
  "Whether it ends with its line, as `:lisp ...' and `? topic' do."
  (let ((next (and (< (1+ index) (length code)) (char code (1+ index)))))
    (case (char code index)
      (#\: t)
      (#\? (find next " 	!?")))))

(defun special-p (character)
  (find character ";$\"\\/"))

(defun string-end (code index)
  "The index behind the string that begins at INDEX; nil where it does not end."
  (loop for at = (position-if (lambda (character) (find character "\"\\")) code :start (1+ index))
          then (and (< (+ at 2) (length code))
                    (position-if (lambda (character) (find character "\"\\")) code
                                 :start (+ at 2)))
        while at
        do (when (char= (char code at) #\")
             (return (1+ at)))))

(defun statement-end (code index)
  "The index behind the terminator; nil where there is none."
  (if (line-statement-p code index)
      (let ((end (position #\Newline code :start index)))
        (if end (1+ end) (length code)))
      (loop (setf index (and index
                             (< index (length code))
                             (position-if #'special-p code :start index)))
            (unless index
              (return nil))
            (case (char code index)
              ((#\; #\$) (return (1+ index)))
              (#\" (setf index (string-end code index)))
              (#\\ (incf index 2))
              (t (setf index (if (comment-at-p code index)
                                 (comment-end code index)
                                 (1+ index))))))))

(defstruct statement
  begin
  text
  ended) ; by a terminator, which stands there

(defun statements (code)
  (loop for start = (statement-start code 0) then (and end (statement-start code end))
        while start
        for end = (statement-end code start)
        collect (make-statement :begin start :text (subseq code start end) :ended end)))

(defun shows-p (statement)
  "Whether the value is to be shown."
  (let ((text (statement-text statement)))
    (not (or (and (statement-ended statement) (char= (char text (1- (length text))) #\$))
             (line-statement-p text 0)))))

(defun parse (statement)
  "What Maxima's parser makes of it: ((displayinput) nil expression), or (:keyword ...)."
  (setf *start* (statement-begin statement)
        *refused-at* nil)
  (let* ((text (statement-text statement))
         (maxima::*parse-window* nil)
         (maxima::*mread-prompt* "")
         (maxima::*current-line-info* nil)
         (maxima::*need-prompt* nil)
         (maxima::*prompt-on-read-hang* nil)
         (si::*stream-alist* '()))
    (with-input-from-string (*cell-stream* (if (statement-ended statement)
                                               text
                                               (format nil "~a~%;" text)))
      (push (si::make-instream :stream *cell-stream*
                               :line (line-at (statement-begin statement))
                               :stream-name *cell*)
            si::*stream-alist*)
      (maxima::dbm-read *cell-stream* nil nil))))

;;; 4. What a cell shows

(defstruct rich mime data)

(defvar *marks* nil "Where marks are written; on its own, standard output still knows its column.")

(defun mark ()
  (without-interrupts
    (finish-output)
    (format *marks* "~a_kernel-runner~a\\" *escape* *escape*)
    (finish-output *marks*)))

(defun show (kind bundle)
  "KIND is result or display; BUNDLE has conses of a MIME type and a string."
  (mark)
  (apply #'send "D" kind "" ""
         (loop for (mime . data) in bundle collect mime collect data)))

(defun plain-text (label value)
  "As the console shows it."
  (trimmed (with-output-to-string (*standard-output*)
             (displa (list '(mlabel) label value)))))

(defvar *longest-typeset* 20000 "Characters as text; to typeset more than that takes too long.")

(defun definition-p (value)
  (and (consp value) (consp (car value))
       (member (caar value) '(maxima::mdefine maxima::mdefmacro))))

(defvar *typeset-otherwise*
  '(("\\ifx\\endpmatrix\\undefined\\pmatrix{\\else\\begin{pmatrix}\\fi " . "\\begin{pmatrix}")
    ("\\ifx\\endpmatrix\\undefined}\\else\\end{pmatrix}\\fi " . "\\end{pmatrix}"))
  "What tex() writes, and what it has to be in a notebook, where there is no TeX.")

(defun latex (label value)
  "VALUE typeset, with its label at the side; nil where tex() cannot."
  (let ((pieces (let ((maxima::$errormsg nil) (*standard-output* (make-broadcast-stream)))
                  (maxima::errcatch (maxima::tex value '() '() 'maxima::mparen 'maxima::mparen)))))
    (when pieces
      (with-output-to-string (out)
        (write-string "\\[" out)
        (dolist (piece (first pieces))
          (princ (or (cdr (assoc piece *typeset-otherwise* :test #'equal)) piece) out))
        (format out "\\tag{\\~a}\\]" (printed label))))))

(defun bundle-of (label value)
  (if (rich-p value)
      (list (cons (rich-mime value) (rich-data value)))
      (let ((text (plain-text label value)))
        (list* (cons "text/plain" text)
               (unless (or (stringp value) (definition-p value)
                           (> (length text) *longest-typeset*))
                 (let ((latex (latex label value)))
                   (and latex (list (cons "text/latex" latex)))))))))

(defun rich-value (mime data display)
  (let ((value (make-rich :mime mime :data data)))
    (cond (display (show "display" (bundle-of nil value))
                   'maxima::$done)
          (t value))))

(defmacro define-rich (name mime)
  `(maxima::defmfun ,name (data &optional display)
     ,(format nil "A value that is shown as ~a; where DISPLAY is true it is shown at once." mime)
     (rich-value ,mime data display)))

(define-rich maxima::$jupyter_text "text/plain")
(define-rich maxima::$jupyter_html "text/html")
(define-rich maxima::$jupyter_markdown "text/markdown")
(define-rich maxima::$jupyter_latex "text/latex")
(define-rich maxima::$jupyter_svg "image/svg+xml")

(maxima::defmfun maxima::$jupyter_inline (data mime &optional display)
  "A value that is shown as MIME says; where DISPLAY is true it is shown at once."
  (rich-value mime data display))

(defvar *mime-types*
  '(("svg" . "image/svg+xml") ("png" . "image/png") ("jpg" . "image/jpeg") ("jpeg" . "image/jpeg")
    ("gif" . "image/gif") ("pdf" . "application/pdf") ("html" . "text/html")
    ("md" . "text/markdown") ("txt" . "text/plain")))

(defun mime-of-file (path)
  (cdr (assoc (pathname-type path) *mime-types* :test #'string-equal)))

(defun contents (path)
  (with-open-file (file path)
    (let ((data (make-string (file-length file))))
      (read-sequence data file)
      data)))

(maxima::defmfun maxima::$jupyter_file (path &optional display)
  "What a file has, shown as its name's ending says; where DISPLAY is true it is shown at once."
  (unless (mime-of-file path)
    (merror "jupyter_file: ~M is no kind of file that can be shown." path))
  (unless (probe-file path)
    (merror "jupyter_file: there is no file ~M." path))
  (rich-value (mime-of-file path) (contents path) display))

;;; 5. Plots: gnuplot draws them into files, and they are shown

(defun show-drawing (path)
  (unless (probe-file path)
    (merror "gnuplot has drawn nothing. Is it there? (Debian's package is gnuplot-nox.)"))
  (when (mime-of-file path)
    (show "display" (list (cons (mime-of-file path) (contents path))))))

(define-around maxima::plot-options-parser (wanted options)
  "By a file, not by a pipe, is gnuplot told what to draw: then Maxima waits until it has."
  (let ((options (original wanted options)))
    (if (eq (getf options :plot_format) 'maxima::$gnuplot_pipes)
        (list* :plot_format 'maxima::$gnuplot options)
        options)))

(defvar *into-file*
  '(:svg_file "plot.svg"
    :gnuplot_svg_term_command "set term svg font \",14\" background \"white\""))

(defun window-p (options)
  (and (eq (getf options :gnuplot_term) 'maxima::$default)
       (notany (lambda (option) (getf options option)) '(:svg_file :png_file :pdf_file :ps_file))))

(define-around maxima::gnuplot-terminal-and-file (options)
  (original (if (window-p options) (append *into-file* options) options)))

(define-around maxima::gnuplot-process (options &optional script files)
  (mapc #'forget-file files)
  (original (if (window-p options) (list* :gnuplot_term 'maxima::$svg options) options)
            script files)
  (mapc #'show-drawing files))

(defun forget-file (path)
  "So that an old drawing is not shown for a new one."
  (when (probe-file path)
    (delete-file path)))

(defun drawing-p (value)
  "Whether it is what a plot gives: the paths of a script and of a drawing, which was shown."
  (and (maxima::$listp value) (= (length value) 3)
       (every #'stringp (rest value))
       (search ".gnuplot" (second value))))

(defun drawing-path ()
  "The file into which the package `draw' has drawn; nil where it was a window."
  (let ((kind (case (maxima::get-option 'maxima::$terminal)
                (maxima::$svg "svg")
                ((maxima::$png maxima::$pngcairo) "png")
                (maxima::$jpg "jpg")
                ((maxima::$gif maxima::$animated_gif) "gif")
                ((maxima::$pdf maxima::$pdfcairo) "pdf"))))
    (and kind
         (format nil "~a.~a" (maxima::get-option 'maxima::$file_name) kind))))

(defvar *folder* "" "Where drawings go.")

(defun adapt-draw ()
  "What the package `draw' draws goes into a file, too, and is shown."
  (define-around maxima::ini-global-options ()
    (prog1 (original)
      (setf (gethash 'maxima::$terminal maxima::*gr-options*) 'maxima::$svg
            (gethash 'maxima::$file_name maxima::*gr-options*) (format nil "~a/draw" *folder*))))
  (define-around maxima::draw_gnuplot (&rest arguments)
    (prog1 (apply #'original arguments)
      (let ((path (drawing-path)))
        (when path
          (show-drawing path)
          (forget-file path))))))

(define-around maxima::loadfile (&rest arguments)
  (let ((there (fboundp 'maxima::draw_gnuplot)))
    (prog1 (apply #'original arguments)
      (when (and (fboundp 'maxima::draw_gnuplot) (not there))
        (adapt-draw)))))

;;; 6. Questions: one line is one answer, and it need not end with a semicolon

(si::readline-off) ; the line is edited elsewhere, and this would write it once more

(defun console-p (stream)
  (member stream (list *query-io* *standard-input* *terminal-io* *debug-io*)))

(defun open-input ()
  "Reads anew from where Maxima reads: once GCL has seen the end of that it sees nothing else."
  (setf *terminal-io* (make-two-way-stream (open "/dev/tty")
                                           (two-way-stream-output-stream *terminal-io*))))

(defun blank-line-p (line)
  (not (find-if-not #'blank-p line)))

(defun read-answer (stream)
  "A line that is not blank, with a terminator."
  (finish-output)
  (loop (multiple-value-bind (line ended) (read-line stream nil)
          (when (or (null line) (and ended (string= line "")))
            (open-input)
            (merror "There is no answer: the input has ended."))
          (unless (blank-line-p line)
            (let ((text (string-right-trim " " line)))
              (return (if (find (char text (1- (length text))) ";$")
                          text
                          (concatenate 'string text ";"))))))))

(define-around maxima::mread (&optional (stream *standard-input*) eof)
  (cond ((console-p stream)
         (when maxima::*mread-prompt*
           (princ maxima::*mread-prompt*))
         (let ((maxima::*mread-prompt* nil))
           (with-input-from-string (answer (read-answer stream))
             (original answer eof))))
        (t (original stream eof))))

;;; 7. Evaluation, as in Maxima's function `continue'

(defun remember (label value)
  (unless maxima::$nolabels
    (setf (symbol-value label) value)))

(defun input-label ()
  (unless (and (maxima::checklabel maxima::$inchar) (maxima::checklabel maxima::$outchar))
    (incf maxima::$linenum))
  (maxima::makelabel maxima::$inchar))

(defun evaluate-expression (expression)
  "Its value, and the label of that."
  (remember (input-label) expression)
  (setf maxima::$__ expression)
  (let* ((began (get-internal-run-time))
         (value (setf maxima::$% (maxima::toplevel-macsyma-eval expression)))
         (seconds (/ (float (- (get-internal-run-time) began)) internal-time-units-per-second))
         (label (maxima::makelabel maxima::$outchar)))
    (remember label value)
    (setf maxima::$_ expression)
    (when maxima::$showtime
      (format t "Evaluation took ~,4f seconds.~%" seconds))
    (values value label)))

(defun evaluate-statement (statement kind)
  "KIND says how the value is shown; nil: not at all."
  (setf maxima::*last-meval1-form* nil)
  (let ((form (parse statement)))
    (cond ((keywordp (first form))
           (si::break-call (first form) (rest form) 'maxima::break-command)
           (fresh-line))
          (t
           (multiple-value-bind (value label) (evaluate-expression (third form))
             (when (and kind (not maxima::$ttyoff) (not (drawing-p value)))
               (show kind (bundle-of label value))))))))

(defun evaluate-statements (statements)
  "The last value that is shown is the cell's result."
  (let ((last (find-if #'shows-p statements :from-end t)))
    (dolist (statement statements)
      (evaluate-statement statement (cond ((eq statement last) "result")
                                          ((shows-p statement) "display"))))))

(defun forget-calls ()
  "An error has left them behind; one for lack of stack has also used what there is for that."
  (si::reset-stack-limits)
  (setf (fill-pointer maxima::*mlambda-call-stack*) 0))

(defun run-cell ()
  "Nothing, or the fields of an X frame."
  (catch 'cell
    (let* ((*interruptible* t)
           (reason (catch 'maxima::macsyma-quit
                     (when *interrupted*  ; before it could be one
                       (end-interrupted))
                     (evaluate-statements (statements *code*))
                     (throw 'cell nil))))
      (if (eq reason 'maxima::maxima-error)
          (end-failed)
          (end-cell "Quit" "The evaluation was left." (place (line-at *start*)))))))

(defun evaluate (code count)
  (setf *code* code
        *cell* (format nil "In[~a]" count)
        *known-line* '(0 . 1)
        *start* 0
        *interrupted* nil)
  (send "B")
  (let ((failure (run-cell)))
    (forget-calls)
    (if failure
        (apply #'send "X" failure)
        (send "K"))))

;;; 8. Completion, inspection, completeness

(defun name-character-p (character)
  (or (alphanumericp character)
      (find character "_%")
      (> (char-code character) 127)))

(defun name-start (code index)
  (1+ (or (position-if-not #'name-character-p code :end index :from-end t) -1)))

(defun name-end (code index)
  (or (position-if-not #'name-character-p code :start index) (length code)))

(defun known-p (symbol)
  (or (boundp symbol) (fboundp symbol) (symbol-plist symbol)))

(defun symbols-that-begin (prefix)
  "Names as Maxima's own language has them."
  (let ((start (concatenate 'string "$" (maxima::maybe-invert-string-case prefix)))
        (names '()))
    (do-symbols (symbol :maxima)
      (let ((difference (mismatch start (symbol-name symbol))))
        (when (and (or (null difference) (= difference (length start)))
                   (known-p symbol))
          (push (printed symbol) names))))
    (sort (remove-duplicates names :test #'string=) #'string<)))

(defun complete (code offset)
  (let* ((end (parse-integer offset))
         (start (name-start code end))
         (prefix (subseq code start end)))
    (apply #'send "C" (princ-to-string start) offset
           (if (string= prefix "") '() (symbols-that-begin prefix)))))

(defun documentation-of (name)
  "What the manual says, where it is installed."
  (ignore-errors
   (trimmed
    (format nil "~{~a~%~%~}"
            (loop for (folder items) in (cl-info::exact-topic-match name)
                  append (loop for item in items
                               for text = (ignore-errors (cl-info::read-info-text folder item))
                               when text collect text))))))

(defun own-definition (symbol)
  "A function or a value of the person's, as text."
  (trimmed
   (with-output-to-string (*standard-output*)
     (let ((maxima::$errormsg nil))
       (when (boundp symbol)
         (princ (plain-text (maxima::$concat (printed symbol)) (symbol-value symbol)))
         (terpri))
       (when (member symbol (rest maxima::$functions) :key #'caar)
         (let ((definition (maxima::errcatch (maxima::mfuncall 'maxima::$fundef symbol))))
           (when definition
             (displa (first definition)))))))))

(defun inspect-name (code offset)
  (let* ((at (parse-integer offset))
         (name (subseq code (name-start code at) (name-end code at)))
         (symbol (find-symbol (concatenate 'string "$" (maxima::maybe-invert-string-case name))
                              :maxima))
         (text (format nil "~@[~a~%~]~a" (and symbol (own-definition symbol))
                       (or (and (string/= name "") (documentation-of name)) ""))))
    (if (string= (trimmed text) "")
        (send "I")
        (send "I" "text/plain" (trimmed text)))))

(defun judgement (code)
  "complete, incomplete or invalid: as the parser says, which forgives a missing terminator."
  (let ((*code* code) (*known-line* '(0 . 1)) (*interruptible* t))
    (dolist (statement (statements code) "complete")
      (let ((failure (catch 'cell (parse statement) nil)))
        (when failure
          (return (if (unfinished-p statement (second failure)) "incomplete" "invalid")))))))

(defun unfinished-p (statement message)
  "Whether it was the end that the parser has refused: within a string, or where we put a semicolon."
  (and (not (statement-ended statement))
       (or (search "end of file" message)
           (and *refused-at* (> *refused-at* (1+ (length (statement-text statement))))))))

(defun judge (code)
  (let ((status (judgement code)))
    (send "P" status (if (string= status "incomplete") "  " ""))))

;;; 9. The loop

(defun answer-comm (type comm)
  "No comms here: what is opened is closed."
  (send "B")
  (when (string= type "O")
    (send "L" comm "{}" "{}"))
  (send "K"))

(defun answer (type fields)
  (cond ((string= type "E") (evaluate (first fields) (second fields)))
        ((string= type "C") (complete (first fields) (second fields)))
        ((string= type "I") (inspect-name (first fields) (second fields)))
        ((string= type "P") (judge (first fields)))
        ((find type '("O" "M" "L") :test #'string=) (answer-comm type (first fields)))
        ((string= type "Q") (leave 0))))

(defun serve (folder)
  "Evaluates cells until there are no more. Drawings go into FOLDER."
  (setf *requests* (open "/dev/fd/3")
        *answers* (open "/dev/fd/4" :direction :output :if-exists :append)
        *marks* (open "/dev/tty" :direction :output :if-exists :append)
        *folder* folder
        maxima::*maxima-tempdir* folder
        maxima::*maxima-run-string* nil
        maxima::$leftjust t)
  (setf *debugger-hook* #'end-instead-of-debugging)
  (send "R" maxima::*autoconf-version*)
  (loop (destructuring-bind (type id &rest fields) (receive)
          (setf *id* id)
          (answer type fields))))

(defun change-directory (path)
  (si::chdir path))

(defun change-environment (name value)
  (si::setenv name value))

;;; 10. A program: a file, up to its end or its first error

(defun run-program (path)
  (setf maxima::*maxima-run-string* nil
        *debugger-hook* #'end-instead-of-debugging
        *cell* path)
  (let ((failure (catch 'cell
                   (let ((*interruptible* t))
                     (maxima::$batchload path)
                     nil))))
    (finish-output)
    (when failure
      (format *error-output* "~a~%" (third failure)))
    (leave (if failure 1 0))))
