"""Sample programs in Prolog: cells, and what they must show."""

from kernel_runner.language import Sample

ECHO = """\
echo :- read_term(user_input, Line, []), echo(Line).
echo(end_of_file) :- !.
echo(Term) :- format("~w~w~n", [Term, Term]), echo.
:- echo."""

SAMPLES = {
    "hello": (Sample(':- writeln("hello, world").', stdout="hello, world\n"),),
    "state": (
        Sample("parent(tom, bob).\nparent(bob, ann).\nhas_child(X) :- parent(X, _)."),
        Sample("?- parent(tom, X).", result=r"X = bob\."),
        Sample(":- nb_setval(kept, 42)."),
        Sample("?- nb_getval(kept, X), Y = f(X, Z).", result=r"X = 42,\nY = f\(42, Z\)\."),
    ),
    "value": (
        Sample('?- member(X, [1, two, "three"]).', result='X = 1 ;\nX = two ;\nX = "three"\\.'),
        Sample("?- atom(1).", result=r"false\."),
        Sample("?- true.", result=r"true\."),
        Sample(
            "?- between(1, inf, X).", result=r"X = 1 ;\n(?s:.*)X = 10 ;\n\.\.\. \(the first 10;.*\)"
        ),
        Sample(":- solutions(2).\n?- between(1, inf, X).", result=r"X = 1 ;\nX = 2 ;\n\.\.\..*"),
        Sample(":- solutions(10).\n?- X = Y, Z = 'A b'.", result=r"Y = X,\nZ = 'A b'\."),
        Sample("% nothing but\n/* comments */"),
    ),
    "constraints": (
        Sample(
            ":- use_module(library(clpfd)).\n?- X #> 3, X #< 6.", result=r"clpfd:\(X in 4\.\.5\)\."
        ),
    ),
    "grammar": (
        Sample(
            "digits([D|T]) --> digit(D), digits(T).\ndigits([D]) --> digit(D).\n"
            "digit(D) --> [D], { code_type(D, digit) }."
        ),
        Sample("?- phrase(digits(Ds), `42`), atom_codes(A, Ds).", result="(?s:.*)A = '42'\\."),
    ),
    "error": (
        Sample(
            "half(0, _) :- throw(error(domain_error(even, 0), _)).\nquarter(X, Y) :-\n"
            "  half(X, Y), true.\n\n?- quarter(0, Y).",
            error="domain_error",
            traceback=r"(?s)In\[\d+\]:5.*quarter\(.*In\[\d+\]:2",
        ),
        Sample("?- no_such(1).", error="existence_error", traceback="no_such/1"),
        Sample("?- throw(my_ball).", error="unhandled_exception", traceback="my_ball"),
    ),
    "syntax error": (
        Sample(
            ":- writeln(before).\nfoo(.\n:- writeln(after).",
            stdout="before\n",
            error="syntax_error",
            traceback=r"In\[\d+\]:2",
        ),
        Sample("foo('open", error="syntax_error"),
    ),
    "warning": (
        Sample("single(X, Y) :- atom(X).", stderr=r"(?s).*In\[\d+\]:1.*Singleton.*Y.*"),
        Sample(":- fail.", stderr=r"(?s).*In\[\d+\]:1.*directive.*failed\n"),
    ),
    "stdin": (Sample(ECHO, stdout="oneone\ntwotwo\n", answers=("one.", "two.", "\x04")),),
    "order": (
        Sample(
            ":- write('name: '), read_term(N, []), format('Hi ~w~n', [N]).",
            stdout="name: Hi ada\n",
            answers=("ada.",),
        ),
        Sample(
            ":- write(a), shell('printf b'), write(c), process_create('/bin/sh', "
            "['-c', 'printf d'], [process(P)]), process_wait(P, _), write(e).",
            stdout="abcde",
        ),
        Sample(":- write(a), open(pipe('printf b'), write, S), close(S), write(c).", stdout="abc"),
        Sample(
            ":- write(asleep), sleep(60).", stdout="asleep", error="Interrupted", interrupt=True
        ),
    ),
    "interrupt": (
        Sample(
            "kept(1).\n:- writeln(running).\n:- repeat, fail.",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("?- kept(X).", result=r"X = 1\."),
    ),
    "unicode": (
        Sample(":- writeln('žluťoučký 🐎 日本語').", stdout="žluťoučký 🐎 日本語\n"),
        Sample("größe('日本').\n?- größe(X).", result="X = 日本\\."),
    ),
    "rich output": (
        Sample(":- display('text/html', \"<b>hello</b>\").", mime="text/html"),
        Sample(":- print_table(member(X-Y, [1-a, 2-b])).", mime="text/html"),
    ),
    "exit": (
        Sample("gone(1).\n:- halt(3).", error="ExitCode", traceback="exit code 3"),
        Sample("?- catch(gone(X), _, true).", result=r"true\."),
    ),
    "redefinition": (
        Sample("answer(1).\nanswer(2)."),
        Sample("answer(42)."),
        Sample("?- answer(X).", result=r"X = 42\."),
    ),
    "deep recursion": (
        Sample("deep(X) :- deep(f(X)), true.\n?- deep(0).", error="resource_error"),
        Sample("?- true.", result=r"true\."),
    ),
    "crash": (
        Sample(
            ":- current_prolog_flag(pid, P), format(atom(A), 'kill -SEGV ~w', [P]), shell(A), "
            "sleep(5).",
            error="Signal",
            stderr="(?s).*",
        ),
    ),
    "comments only": (Sample("% nothing"), Sample("/* nothing */"), Sample("")),
}
