"""Sample programs in Forth: cells, and what they must show."""

from kernel_runner.language import Sample

PRIMES = """\
: prime? ( n -- flag )
  dup 2 < if drop false exit then
  dup 2 ?do i dup * over > if leave then
    dup i mod 0= if drop false unloop exit then loop
  drop true ;
: primes ( n -- ) 0 ?do i prime? if i . then loop ;
30 primes cr"""

SAMPLES = {
    "hello": (Sample('." hello, world" cr', stdout="hello, world\n"),),
    "state": (
        Sample("variable counter  20 counter !"),
        Sample(": double ( n -- 2n ) 2 * ;"),
        Sample("counter @ double 2 + .", stdout="42 "),
    ),
    "value": (
        Sample("6 7", result="<2> 6 7"),  # what lies on the stack
        Sample("*", result="<1> 42"),
        Sample("drop"),
        Sample("1.5e 2e f*", result=r"F:<1> 3\."),
        Sample("f. cr", stdout=r"3\. \n"),
        Sample(PRIMES, stdout="2 3 5 7 11 13 17 19 23 29 \n"),
        Sample('0 [if]\nnot this\n[else]\n." that" cr\n[then]', stdout="that\n"),
    ),
    "base": (
        Sample("hex ff 10", result="<2> FF 10"),
        Sample('s" <b>10</b>" s" text/html" display', mime="text/html", result="<2> FF 10"),
        Sample("+ decimal", result="<1> 271"),
        Sample("drop"),
    ),
    "quit": (
        Sample("1 2 quit 3", result="<2> 1 2"),
        Sample(": leave-it 4 quit ; leave-it 5", result="<3> 1 2 4"),
        Sample("2drop drop"),
    ),
    "comments only": (Sample("\\ nothing\n( at\nall )"),),
    "error": (
        Sample(
            "1 2\n\n3 missing 4",
            error="Undefined word",
            traceback=r"Undefined word: missing\nIn\[\d+\]:3",
        ),
        Sample("depth .", stdout="0 "),  # as after every error
        Sample("1 0 /", error="Division by zero", traceback=r"In\[\d+\]:1"),
        Sample("drop", error="Stack underflow"),
        Sample("0 @", error="Invalid memory address"),
        Sample(': check abort" is wrong" ;\ntrue check', error="is wrong", traceback=":2"),
        Sample("42 throw", error="error 42"),
        Sample('s" nowhere.fs" included', error="No such file or directory"),
    ),
    "syntax error": (
        Sample("1 else 2", error="Interpreting a compile-only word", traceback=":1"),
        Sample(": unfinished 1 2", error="Unfinished definition"),
        Sample("1 2 + .", stdout="3 "),
    ),
    "stderr": (
        Sample('s\\" a problem\\n" stderr write-file throw', stderr="a problem\n"),
        Sample(": twice 2 * ;\n: twice dup + ;", stderr="(?s:.*)redefined twice(?s:.*)"),
    ),
    "stdin": (
        Sample(
            'create who 80 allot\n." name? " who 80 stdin read-line throw drop\n'
            '." hello " who swap type cr',
            stdout=r"name\? hello Ada\n",
            answers=("Ada",),
        ),
        Sample("pad 80 accept pad swap type cr", stdout="Ada Ada\n", answers=("Ada",)),
        Sample("key emit cr", stdout="x\n", answers=("x",)),
    ),
    "interrupt": (
        Sample("variable kept  3 kept !"),
        Sample(
            ': forever ." running" cr begin again ;\nforever',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("kept @ .", stdout="3 "),
    ),
    "redefinition": (
        Sample(": answer 1 ;"),
        Sample(": answer 42 ;", stderr="(?s:.*)"),
        Sample("answer .", stdout="42 "),
    ),
    "deep recursion": (
        Sample(": deep recurse 1 ;\ndeep", error="Return stack overflow"),
        Sample("1 .", stdout="1 "),
    ),
    "unicode": (
        Sample('." žluťoučký 🐎 日本語" cr', stdout="žluťoučký 🐎 日本語\n"),
        Sample(": 馬 42 ;\n馬 .", stdout="42 "),
        Sample("žluť", error="Undefined word", traceback="žluť"),
    ),
    "rich output": (Sample('s" <b>bold</b>" s" text/html" display', mime="text/html"),),
    "exit": (
        Sample("variable gone"),
        Sample("bye", stderr="(?s:.*)"),
        Sample("gone", error="Undefined word"),
        Sample("3 (bye)", error="ExitCode", traceback="exit code 3"),
    ),
    "crash": (
        Sample('s" kill -KILL $PPID; sleep 9" system', error="Signal", traceback="SIGKILL"),
        Sample("6 7 * .", stdout="42 "),
    ),
}
