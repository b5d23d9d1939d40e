"""Sample programs in Common Lisp: cells, and what they must show."""

from kernel_runner.language import Sample

SAMPLES = {
    "hello": (
        Sample('(write-line "hello, world")', stdout="hello, world\n", result='"hello, world"'),
    ),
    "state": (
        Sample("(defvar *price* '((tea . 3)))\n(defun twice (x) (* 2 x))", result="TWICE"),
        Sample("(twice (cdr (assoc 'tea *price*)))", result="6"),
    ),
    "value": (
        Sample("(mapcar #'1+ '(1 2))", result=r"\(2 3\)"),
        Sample("(floor 7 2)", result="3\n1"),
        Sample("(values)"),
        Sample("(list * **)", result=r"\(NIL 3\)"),
    ),
    "multi-line": (
        Sample(
            "(defclass point () ((x :initarg :x :reader x)))\n\n"
            "(defgeneric twice-x (thing)\n  (:method ((thing point)) (* 2 (x thing))))\n\n"
            "(twice-x (make-instance 'point :x 4))",
            result="8",
        ),
    ),
    "error": (
        Sample(
            '(princ "before")\n\n(/ 1 0)',
            stdout="before",
            error="DIVISION-BY-ZERO",
            traceback=r"(?s)arithmetic error.*In\[\d+\]:3",
        ),
        Sample(
            '(defun f (x)\n  (if (> x 1) (error "no such ~a" x) x))\n\n(+ 1 (f 5))',
            error="SIMPLE-ERROR",
            traceback=r"(?s)no such 5.*\(F 5\).*In\[\d+\]:4",
        ),
        Sample("\nnope", error="UNBOUND-VARIABLE", traceback=r"In\[\d+\]:2"),
        Sample("(break)", error="SIMPLE-CONDITION"),
        Sample("(abort)", error="ABORT"),
        Sample(
            '(values (sb-thread:join-thread (sb-thread:make-thread (lambda () (error "there")))'
            " :default nil))",
            stderr="SIMPLE-ERROR: there\n",
            result="NIL",
        ),
    ),
    "error within a form": (
        Sample(
            "(defun third-of (x)\n  (let ((y 3))\n    (list\n      (/ x (- y 3)))))", result=".*"
        ),
        Sample(
            "(list 1\n  (mapcar (lambda (x)\n            (1+\n              (third-of x)))\n"
            "          '(5)))",
            error="DIVISION-BY-ZERO",
            traceback=r"In\[\d+\]:4: \(THIRD-OF 5\)\nIn\[\d+\]:4: \(\(LAMBDA \(X\)\) 5\)",
        ),
        Sample(
            "(let ((x 1))\n  (princ x)\n  (dolist (y (list x))\n    (princ\n      (car y))))",
            stdout="1",
            error="TYPE-ERROR",
            traceback=r"In\[\d+\]:5$",
        ),
        Sample(
            "(sort (list 2 1)\n  (lambda (a b)\n    (< a\n      (char-code b))))",
            error="TYPE-ERROR",
            traceback=r"In\[\d+\]:4: \(\(LAMBDA \(A B\)\) 1 2\)",
        ),
        Sample(
            '(defmacro checked (form)\n  `(let ((value ,form))\n     (or value (error "none"))))\n'
            "(defmethod find-it ((x list))\n  (list\n    (checked (first x))))",
            result=".*",
            stderr=r"(.*\n)*",
        ),
        Sample(
            "(find-it '(1))\n(find-it '())",
            error="SIMPLE-ERROR",
            traceback=r"In\[\d+\]:6: .*FIND-IT",
        ),
        Sample("(list 1\n\n  nope)", error="UNBOUND-VARIABLE", traceback=r"In\[\d+\]:3$"),
        Sample('\'#1=(a . #1#)\n(progn\n  (error "here"))', error="SIMPLE-ERROR", traceback=":3$"),
    ),
    "syntax error": (
        Sample(
            '(princ "before")\n(let ((x 1)',
            stdout="",
            error="END-OF-FILE",
            traceback=r"In\[\d+\]:2",
        ),
        Sample(
            "(set-macro-character #\\! (lambda (s c) c (list 'quote (read s))))\n(list !tea)",
            result=r"\(TEA\)",
        ),
        Sample("(setf *readtable* (copy-readtable nil))\n(values)"),
        Sample("(defpackage :shop (:use :cl))\n(in-package :shop)\n'tea", result="TEA"),
        Sample("(in-package :cl-user)\n'shop::tea", result="SHOP::TEA"),
        Sample('"open', error="END-OF-FILE"),
        Sample("(+ 1 2))", error="SIMPLE-READER-ERROR"),
    ),
    "warning": (
        Sample(
            "(defun g ()\n  (list\n    (not-there 1)))",
            stderr=r"; In\[\d+\]:3\n(.*\n)*.*undefined function(.*\n)*",
            result="G",
        ),
    ),
    # A write of its own for each of them would take more than a second of the processor.
    "small prints": (
        Sample(
            "(let ((began (get-internal-run-time)))\n"
            '  (dotimes (n 300000) (format t "~d~%" 1))\n'
            "  (< (- (get-internal-run-time) began) (* 3/4 internal-time-units-per-second)))",
            stdout="(1\n){300000}",
            result="T",
        ),
        Sample(
            '(princ "one")\n(princ "two" *error-output*)\n(run-program "echo" \'("three") :search t'
            " :output t)\n(values)",
            stdout="onethree\n",
            stderr="two",
        ),
    ),
    "stdin": (
        Sample(
            "(loop for line = (read-line *standard-input* nil)\n"
            '      while line do (format t "~a~a~%" line line)\n'
            "      finally (return (values)))",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample('(princ "number: ")\n(1+ (read))', "number: ", result="42", answers=("41",)),
    ),
    "interrupt": (
        Sample(
            '(defvar *n* 0)\n(princ "running")\n(loop (incf *n*))',
            stdout="running",
            error="Interrupted",
            interrupt=True,
        ),
        Sample(
            '(progn (princ "asleep") (sleep 60))',
            stdout="asleep",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("(integerp *n*)", result="T"),
    ),
    "unicode": (
        Sample(
            '(defvar *λ* "žluťoučký 🐎 日本語")\n(princ *λ*)',
            stdout="žluťoučký 🐎 日本語",
            result='"žluťoučký 🐎 日本語"',
        ),
        Sample('(error "žluť 🐎")', error="SIMPLE-ERROR", traceback="žluť 🐎"),
    ),
    "rich output": (
        Sample('(jupyter:html "<b>x</b>")', result="<b>x</b>", mime="text/html"),
        Sample(
            '(jupyter:svg "<svg/>" :display t :id "a")\n'
            '(jupyter:update "a" (jupyter:text "anew"))\n(jupyter:clear-output)',
        ),
        Sample(
            "(defstruct tea)\n"
            '(defmethod jupyter:mime-bundle ((tea tea)) \'(("text/html" . "<i>tea</i>")))\n'
            "(make-tea)",
            result="#S.TEA.",
            mime="text/html",
        ),
    ),
    "exit": (
        Sample("(defvar *kept* 1)\n(exit :code 3)", error="ExitCode", traceback="exit code 3"),
        Sample("*kept*", error="UNBOUND-VARIABLE"),
    ),
    "redefinition": (
        Sample("(defmacro answer () 1)", result="ANSWER"),
        Sample("(defun answer () 42)", result="ANSWER", stderr=r"(.*\n)*"),
        Sample("(answer)", result="42"),
    ),
    "deep recursion": (
        Sample(
            "(defun deep (n) (+ 1 (deep n)))\n(deep 1)",
            error="CONTROL-STACK-EXHAUSTED",
            stderr=r"(.*\n)*",
        ),
        Sample("(+ 1 1)", result="2", stderr=r"(.*\n?)*"),
    ),
    "crash": (
        Sample(
            "(sb-unix:unix-kill (sb-unix:unix-getpid) 9)\n(sleep 5)",
            error="Signal",
            traceback="SIGKILL",
        ),
        Sample("(+ 1 1)", result="2"),
    ),
    "comments only": (Sample("; nothing\n#| nor\nhere |#\n"), Sample("")),
    "closed": (
        Sample("(dotimes (fd 5 (values)) (sb-unix:unix-close fd))"),
        Sample('(write-line "R 0 1")', stdout="R 0 1\n", result='"R 0 1"'),
    ),
}
