"""What each language is measured with: the same few cells, each in its own words."""

from __future__ import annotations

from dataclasses import dataclass

LINES = 300_000
LINE = "tick tock tick tock"


@dataclass(frozen=True)
class Cells:
    """The cells of a language.

    loop: never ends; it writes something first, where the language can. set and get: a
    variable that is 5, and its value. prints: LINES times LINE; empty where a language cannot
    print. command and options come before the name of a file that holds program, with a cell in
    the place of {}; no command: the language's own. empty: the cell of a program that does nothing.
    """

    trivial: str
    loop: str
    set: str
    get: str
    prints: str = ""
    program: str = "{}"
    empty: str = ""
    command: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


CELLS = {
    "bash": Cells(
        trivial=":",
        loop="echo running; while :; do :; done",
        set="kept=5",
        get="echo $kept",
        prints=f"for ((i = 0; i < {LINES}; i++)); do echo {LINE}; done",
    ),
    "elixir": Cells(
        trivial="1 + 1",
        loop='IO.puts("running")\nStream.run(Stream.repeatedly(fn -> nil end))',
        set="kept = 5",
        get="kept",
        prints=f'Enum.each(1..{LINES}, fn _ -> IO.puts("{LINE}") end)',
    ),
    "haskell": Cells(
        trivial='length "ab"',
        loop='putStrLn "running"\nlet spin n = spin (n + 1)\nspin 0',
        set="let kept = 5",
        get="kept",
        prints=f'mapM_ (\\_ -> putStrLn "{LINE}") [1 .. {LINES}]',
        program="import System.IO\nmain = hSetBuffering stdout (BlockBuffering Nothing) >> {}",
        empty="return ()",
        command=("runghc",),
    ),
    "java": Cells(
        trivial="1 + 1",
        loop='System.out.println("running");\nwhile (true) {}',
        set="int kept = 5;",
        get="kept",
        prints=f'for (int i = 0; i < {LINES}; i++) System.out.println("{LINE}");',
        program="class Main { public static void main(String[] args) { {} } }",
    ),
    "julia": Cells(
        trivial="1 + 1",
        loop='n = 1\nprintln("running")\nwhile true\n    global n += 1\nend',
        set="kept = 5;",
        get="kept",
        prints=f'for i in 1:{LINES}\n    println("{LINE}")\nend',
    ),
    "lisp": Cells(
        trivial="(+ 1 1)",
        loop='(write-line "running")\n(loop)',
        set="(defparameter kept 5)",
        get="kept",
        prints=f'(dotimes (i {LINES}) (write-line "{LINE}"))',
        options=("--script",),
    ),
    "lua": Cells(
        trivial="1 + 1",
        loop='print("running")\nwhile true do end',
        set="kept = 5",
        get="kept",
        prints=f'for i = 1, {LINES} do print("{LINE}") end',
    ),
    "nodejs": Cells(
        trivial="1 + 1",
        loop='console.log("running");\nfor (;;);',
        set="let kept = 5;",
        get="kept",
        prints=f'for (let i = 0; i < {LINES}; i++) console.log("{LINE}");',
    ),
    "ocaml": Cells(
        trivial="1 + 1;;",
        loop='print_endline "running";;\nwhile true do () done;;',
        set="let kept = 5;;",
        get="kept;;",
        prints=f'for _ = 1 to {LINES} do print_endline "{LINE}" done;;',
    ),
    "octave": Cells(
        trivial="1 + 1",
        loop='printf ("running\\n");\nwhile true\nend',
        set="kept = 5;",
        get="kept",
        prints=f'for i = 1:{LINES}\n  printf ("{LINE}\\n");\nend',
        options=("--quiet",),
    ),
    "perl": Cells(
        trivial="1 + 1",
        loop='print "running\\n";\n1 while 1;',
        set="my $kept = 5;",
        get="$kept",
        prints=f'for (1 .. {LINES}) {{ print "{LINE}\\n" }}',
    ),
    "php": Cells(
        trivial="1 + 1;",
        loop='echo "running\\n";\nwhile (true);',
        set="$kept = 5;",
        get="$kept;",
        prints=f'for ($i = 0; $i < {LINES}; $i++) echo "{LINE}\\n";',
        program="<?php\n{}",
    ),
    "prolog": Cells(
        trivial="?- X is 1 + 1.",
        loop=":- writeln(running).\n:- repeat, fail.",
        set=":- nb_setval(kept, 5).",
        get="?- nb_getval(kept, X).",
        prints=f":- forall(between(1, {LINES}, _), writeln('{LINE}')).",
        options=("-q", "-g", "halt"),
    ),
    "python": Cells(
        trivial="1 + 1",
        loop='print("running")\nwhile True: pass',
        set="kept = 5",
        get="kept",
        prints=f'for i in range({LINES}): print("{LINE}")',
    ),
    "r": Cells(
        trivial="1 + 1",
        loop='cat("running\\n")\nwhile (TRUE) 1',
        set="kept <- 5",
        get="kept",
        prints=f'for (i in 1:{LINES}) cat("{LINE}\\n")',
        command=("Rscript",),
    ),
    "racket": Cells(
        trivial="(+ 1 1)",
        loop='(displayln "running")\n(let loop () (loop))',
        set="(define kept 5)",
        get="kept",
        prints=f'(for ([i {LINES}]) (displayln "{LINE}"))',
        program="#lang racket\n{}",
    ),
    "ruby": Cells(
        trivial="1 + 1",
        loop='puts "running"\nloop {}',
        set="kept = 5",
        get="kept",
        prints=f'{LINES}.times {{ puts "{LINE}" }}',
    ),
    "scheme": Cells(
        trivial="(+ 1 1)",
        loop='(display "running")\n(newline)\n(let loop () (loop))',
        set="(define kept 5)",
        get="kept",
        prints=f'(do ((i 0 (+ i 1))) ((= i {LINES})) (display "{LINE}") (newline))',
        options=("--no-auto-compile", "-s"),
    ),
    "erlang": Cells(
        trivial="1 + 1.",
        loop='io:format("running~n"), F = fun Loop() -> Loop() end, F().',
        set="Kept = 5.",
        get="Kept.",
        prints=f'[io:put_chars("{LINE}\\n") || _ <- lists:seq(1, {LINES})], ok.',
    ),
    "forth": Cells(
        trivial="1 1 + drop",
        loop=': run ." running" cr begin again ; run',
        set="5 constant kept",
        get="kept .",
        prints=f': lines {LINES} 0 do ." {LINE}" cr loop ; lines',
    ),
    "gap": Cells(
        trivial="1 + 1;",
        loop='Print("running\\n"); while true do od;',
        set="kept := 5;;",
        get="kept;",
        prints=f'for i in [1 .. {LINES}] do Print("{LINE}\\n"); od;',
    ),
    "raku": Cells(
        trivial="1 + 1",
        loop="say 'running'; loop { }",
        set="my $kept = 5; Nil",
        get="$kept",
        prints=f"say '{LINE}' for ^{LINES}",
    ),
    "maxima": Cells(
        trivial="1 + 1;",
        loop='print("running")$ while true do ()$',
        set="kept: 5$",
        get="kept;",
        prints=f'for i: 1 thru {LINES} do print("{LINE}")$',
    ),
    "sql": Cells(
        trivial="SELECT 1 + 1;",
        loop=(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers)\n"
            "SELECT count(*) FROM numbers;"
        ),
        set="CREATE TABLE kept AS SELECT 5 AS n;",
        get="SELECT n FROM kept;",
    ),
    "tcl": Cells(
        trivial="expr {1 + 1}",
        loop="puts running\nwhile 1 {}",
        set="set kept 5",
        get="set kept",
        prints=f'for {{set i 0}} {{$i < {LINES}}} {{incr i}} {{puts "{LINE}"}}',
    ),
    "typescript": Cells(
        trivial="1 + 1",
        loop='console.log("running");\nfor (;;);',
        set="let kept: number = 5;",
        get="kept",
        prints=f'for (let i = 0; i < {LINES}; i++) console.log("{LINE}");',
    ),
}
