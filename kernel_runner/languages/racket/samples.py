"""Sample programs in Racket: cells, and what they must show."""

from kernel_runner.language import Sample

SAMPLES = {
    "hello": (Sample('(displayln "hello, world")', stdout="hello, world\n"),),
    "state": (
        Sample("(define prices (hash 'tea 3))\n(define (twice x) (* 2 x))"),
        Sample("(twice (hash-ref prices 'tea))", result="6"),
    ),
    "value": (
        Sample("(map add1 '(1 2))", result=r"'\(2 3\)"),
        Sample('(string-append "a" "b")', result='"ab"'),
        Sample("(values 1 2)", result="1\n2"),
        Sample("(void)"),
        Sample("1 (define x 2)"),
        Sample("(first (range 3 5))", result="3"),
        Sample("(range 40)", result=r"'\(0\n  1\n[ \d\n]*39\)"),
    ),
    "language": (
        Sample("#lang racket\n(define half 1/2)\nhalf", result="1/2"),
        Sample("#lang racket/base\n\n(car half)", error="exn:fail:contract", traceback=r"\]:3:0"),
        Sample(
            "#lang typed/racket/base\n(provide triple)\n"
            "(: triple (-> Integer Integer))\n(define (triple n) (* 3 n))"
        ),
        Sample("(triple 4)", result="12"),
    ),
    "multi-line": (
        Sample(
            "(require racket/match)\n\n"
            "(define-syntax-rule (swap! a b)\n  (let ([old a]) (set! a b) (set! b old)))\n\n"
            "(struct point (x y) #:transparent)\n\n"
            "(define one 1)\n(define two 2)\n(swap! one two)\n"
            "(match (list one two (point 3 4))\n"
            "  [(list a b (point x y)) (+ a (* 10 b) (* 100 x))])",
            result="312",
        ),
        Sample("(point 1 2)", result=r"\(point 1 2\)"),
    ),
    "error": (
        Sample(
            '(display "before")\n\n(car 5)',
            stdout="before",
            error="exn:fail:contract",
            traceback=r"(?s)car: contract violation.*In\[\d+\]:3:0",
        ),
        Sample(
            "(define (f x) (add1 (car x)))\n(define (g x)\n  (add1 (f x)))\n\n(add1 (g 5))",
            error="exn:fail:contract",
            traceback=r"(?s)given: 5.*In\[\d+\]:2:0.*In\[\d+\]:5",
        ),
        Sample(
            "\n(list 1\n  nope)", error="exn:fail:contract:variable", traceback=r"In\[\d+\]:3:2"
        ),
        Sample("(raise 'boom)", error="raise", traceback="uncaught exception: 'boom"),
        Sample(
            "(struct exn:mine exn:fail ())\n"
            '(raise (exn:mine "my own" (current-continuation-marks)))',
            error="exn:mine",
            traceback="my own",
        ),
    ),
    "syntax error": (
        Sample(
            '(display "before")\n(let ((x 1)',
            stdout="",
            error="exn:fail:read:eof",
            traceback=r"In\[\d+\]:2",
        ),
        Sample("\n(let)", error="exn:fail:syntax", traceback=r"In\[\d+\]:2"),
        Sample('"open', error="exn:fail:read:eof"),
        Sample("(+ 1 2))", error="exn:fail:read"),
    ),
    "stderr": (Sample('(eprintf "careful\\n")', stderr="careful\n"),),
    "stdin": (
        Sample(
            "(for ([line (in-lines)])\n  (displayln (string-append line line)))",
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
        Sample("(add1 (read))", result="42", answers=("41",)),
        Sample(
            '(display "Name? ")\n(string-upcase (read-line))',
            stdout=r"Name\? ",
            result='"ADA"',
            answers=("Ada",),
        ),
    ),
    "interrupt": (
        Sample(
            "(define n 1)\n(let loop ()\n  (set! n (+ n 1))\n"
            '  (when (= n 2) (display "running"))\n  (loop))',
            stdout="running",
            error="exn:break",
            interrupt=True,
        ),
        Sample("(> n 1)", result="#t"),
        Sample(
            '(display "asleep")\n(sleep 60)', stdout="asleep", error="exn:break", interrupt=True
        ),
    ),
    "children": (
        Sample('(display "a")\n(system "echo b")\n(display "c")', stdout="ab\nc"),
        Sample('(with-output-to-string (lambda () (system "echo b")))', result=r'"b\\n"'),
    ),
    "unicode": (
        Sample(
            '(define λx "žluťoučký 🐎 日本語")\n(display λx)\nλx',
            stdout="žluťoučký 🐎 日本語",
            result='"žluťoučký 🐎 日本語"',
        ),
        Sample('(error "žluť 🐎")', error="exn:fail", traceback="žluť 🐎"),
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
            result="'tea",
            mime="text/html",
        ),
        Sample(
            "(require file/convertible)\n"
            "(struct table (rows)\n  #:property prop:convertible\n"
            "  (lambda (self request default)\n"
            '    (if (eq? request \'text/html) "<table></table>" default)))\n'
            "(table '())",
            result="#<table>",
            mime="text/html",
        ),
    ),
    "pictures": (
        Sample("(require pict)\n(disk 20)", result="#<pict>", mime="image/svg+xml"),
        Sample("(disk 20)", result="#<pict>", mime="image/png"),
        Sample("(require plot/no-gui)\n(plot-pict (function sin 0 1))", mime="image/png"),
    ),
    "exit": (
        Sample("(define kept 1)\n(exit 3)", error="ExitCode", traceback="exit code 3"),
        Sample("kept", error="exn:fail:contract:variable"),
    ),
    "redefinition": (
        Sample("(define (answer) 1)"),
        Sample("(define (answer) 42)\n(define (car x) 'mine)"),
        Sample("(list (answer) (car '(1)))", result=r"'\(42 mine\)"),
    ),
    "deep recursion": (
        Sample(
            "(define (deep n) (+ 1 (deep n)))\n(deep 1)",
            error="exn:fail:out-of-memory",
            traceback="recursion is too deep",
        ),
        Sample("(+ 1 1)", result="2"),
    ),
    "crash": (
        Sample(
            '(require ffi/unsafe)\n((get-ffi-obj "abort" #f (_fun -> _void)))',
            error="Signal",
            traceback="SIGABRT",
        ),
        Sample("(+ 1 1)", result="2"),
    ),
    "custodian": (
        Sample("(define kept 1)\n(custodian-shutdown-all (current-custodian))"),
        Sample('(display "on")\nkept', stdout="on", result="1"),
        Sample("(thread-wait (thread (lambda () (display 1))))", stdout="1"),
    ),
    "comments only": (Sample("; nothing\n#| nor\nhere |#\n#;(display 1)"), Sample("")),
    "closed": (
        Sample("(close-output-port (current-output-port))"),
        Sample('(display "R 0 1")', stdout="R 0 1"),
    ),
}
