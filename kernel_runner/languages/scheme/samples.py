"""Sample programs in Scheme: cells, and what they must show."""

from kernel_runner.language import Sample

SAMPLES = {
    "hello": (Sample('(display "hello, world")\n(newline)', stdout="hello, world\n"),),
    "state": (
        Sample("(define price '((tea . 3)))\n(define (twice x) (* 2 x))"),
        Sample("(twice (assq-ref price 'tea))", result="6"),
    ),
    "value": (
        Sample("(map 1+ '(1 2))", result=r"\(2 3\)"),
        Sample('(string-append "a" "b")', result='"ab"'),
        Sample("(values 1 2)", result="1\n2"),
        Sample("(if #f #f)"),
        Sample("1 (define x 2)"),
    ),
    "multi-line": (
        Sample(
            "(use-modules (ice-9 match) (srfi srfi-9))\n\n"
            "(define-syntax-rule (swap! a b)\n  (let ((old a)) (set! a b) (set! b old)))\n\n"
            "(define-record-type point (make-point x y) point? (x point-x) (y point-y))\n\n"
            "(define one 1)\n(define two 2)\n(swap! one two)\n"
            "(match (list one two (point-x (make-point 3 4)))\n"
            "  ((a b c) (+ a (* 10 b) (* 100 c))))",
            result="312",
        ),
    ),
    "error": (
        Sample(
            '(display "before")\n\n(car 5)',
            stdout="before",
            error="wrong-type-arg",
            traceback=r"(?s)In procedure car.*In\[\d+\]:3",
        ),
        Sample(
            '(define (f x)\n  (if (> x 1)\n    (error "no such" x)\n    x))\n(+ 1 (f 5))',
            error="misc-error",
            traceback=r"(?s)no such 5.*In\[\d+\]:3:4 \(f\).*In\[\d+\]:5",
        ),
        Sample("\nnope", error="unbound-variable", traceback=r"In\[\d+\]:2"),
        Sample("(raise-exception 'boom)", error="raise", traceback="boom"),
    ),
    "syntax error": (
        Sample(
            '(display "before")\n(let ((x 1)',
            stdout="",
            error="read-error",
            traceback=r"In\[\d+\]:2",
        ),
        Sample("\n(let)", error="syntax-error", traceback=r"In\[\d+\]:2"),
        Sample('"open', error="read-error"),
        Sample("(+ 1 2))", error="read-error"),
    ),
    # A write of its own for each of them would take some seconds of the processor.
    "small prints": (
        Sample(
            "(define began (get-internal-run-time))\n"
            "(let loop ((n 0))\n  (when (< n 300000) (display 1) (newline) (loop (1+ n))))\n"
            "(< (- (get-internal-run-time) began) (* 3/4 internal-time-units-per-second))",
            stdout="(1\n){300000}",
            result="#t",
        ),
        Sample('(begin (display "one") (display "two" (current-error-port)))', "one", "two"),
    ),
    "try": (
        Sample(
            '(try (car 5) (catch e (list "caught" (exception? e))) (finally (printf "~a~%" 2)))',
            stdout="2\n",
            result=r'\("caught" #t\)',
        ),
        Sample("(try 1 (catch e 2))", result="1"),
    ),
    "stdin": (
        Sample(
            "(use-modules (ice-9 rdelim))\n"
            "(let loop ((line (read-line)))\n"
            "  (unless (eof-object? line)\n"
            "    (display (string-append line line))\n    (newline)\n    (loop (read-line))))",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample('(display "number: ")\n(1+ (read))', "number: ", result="42", answers=("41",)),
    ),
    "interrupt": (
        Sample(
            "(define n 0)\n(let loop ()\n  (set! n (+ n 1))\n"
            '  (if (= n 1) (display "running"))\n  (loop))',
            stdout="running",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("(> n 0)", result="#t"),
        Sample(
            '(catch #t (lambda () (display "asleep") (sleep 60)) (lambda _ 1))',
            stdout="asleep",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "unicode": (
        Sample(
            '(define λ "žluťoučký 🐎 日本語")\n(display λ)\nλ',
            stdout="žluťoučký 🐎 日本語",
            result='"žluťoučký 🐎 日本語"',
        ),
        Sample('(error "žluť 🐎")', error="misc-error", traceback="žluť 🐎"),
    ),
    "rich output": (
        Sample('(jupyter-display "text/html" "<b>x</b>")', mime="text/html"),
        Sample(
            '(jupyter-display "image/svg+xml" "<svg/>" #:id "a")\n'
            '(jupyter-update "a" "text/plain" "anew")\n'
            "(jupyter-clear-output)",
        ),
        Sample(
            '(jupyter-show-with (lambda (x) (eq? x \'tea)) "text/html" (lambda (x) "<i>tea</i>"))\n'
            "'tea",
            result="tea",
            mime="text/html",
        ),
    ),
    "exit": (
        Sample("(define kept 1)\n(exit 3)", error="ExitCode", traceback="exit code 3"),
        Sample("kept", error="unbound-variable"),
    ),
    "redefinition": (
        Sample("(define (answer) 1)"),
        Sample("(define (answer) 42)\n(define (car x) 'mine)"),
        Sample("(list (answer) (car '(1)))", result=r"\(42 mine\)"),
    ),
    "deep recursion": (
        Sample("(define (deep n) (+ 1 (deep n)))\n(deep 1)", error="stack-overflow"),
        Sample("(+ 1 1)", result="2"),
    ),
    "crash": (
        Sample("(kill (getpid) SIGSEGV)\n(sleep 5)", error="Signal", traceback="SIGSEGV"),
        Sample("(+ 1 1)", result="2"),
    ),
    "comments only": (Sample("; nothing\n#| nor\nhere |#\n#;(display 1)"), Sample("")),
    "closed": (
        Sample("(for-each (lambda (fd) (false-if-exception (close-fdes fd))) '(0 1 2 3 4))"),
        Sample('(display "R 0 1")', stdout="R 0 1"),
    ),
}
