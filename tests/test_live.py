"""What a cell prints is seen while it goes on computing in silence, however much came before."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from client import Kernel

SECONDS = 1.0  # from the print to the client: the machine may be busy
# Prints many lines, then the seconds since 1970 in brackets and no newline, and never ends.
CELLS = {
    "bash": "for ((i = 0; i < 5000; i++)); do echo $i; done\n"
    'printf "[$EPOCHREALTIME]"\nwhile :; do :; done',
    "elixir": "Enum.each(0..4999, &IO.puts/1)\n"
    'IO.write("[#{System.os_time(:microsecond) / 1_000_000}]")\n'
    "Stream.run(Stream.repeatedly(fn -> nil end))",
    "haskell": "import Data.Time.Clock.POSIX\nmapM_ print [0 .. 4999]\n"
    'getPOSIXTime >>= \\t -> putStr ("[" ++ init (show t) ++ "]")\n'
    "let spin n = spin (n + 1)\nspin 0",
    "java": "for (int i = 0; i < 5000; i++) System.out.println(i);\n"
    'System.out.print("[" + System.currentTimeMillis() / 1e3 + "]");\nwhile (true) {}',
    "julia": "for i in 0:4999\n    println(i)\nend\n"
    'print("[", time(), "]")\nn = 0\nwhile true\n    global n += 1\nend',
    "lisp": '(dotimes (i 5000) (format t "~a~%" i))\n'
    "(multiple-value-bind (s us) (sb-ext:get-time-of-day)\n"
    '  (format t "[~d.~6,\'0d]" s us))\n(loop)',
    "lua": "for i = 0, 4999 do print(i) end\n"
    'io.write("[", io.popen("date +%s.%N"):read("l"), "]")\nwhile true do end',
    "nodejs": "for (let i = 0; i < 5000; i++) console.log(i);\n"
    "process.stdout.write(`[${Date.now() / 1000}]`);\nfor (;;);",
    "ocaml": 'for i = 0 to 4999 do Printf.printf "%d\\n" i done;;\n'
    'Printf.printf "[%f]" (Unix.gettimeofday ());;\nwhile true do () done;;',
    "octave": 'printf ("%d\\n", 0:4999);\nprintf ("[%f]", time ());\nwhile true\nend',
    "perl": 'use Time::HiRes ();\nfor (0 .. 4999) { print "$_\\n" }\n'
    'print "[" . Time::HiRes::time() . "]";\n1 while 1;',
    "php": 'for ($i = 0; $i < 5000; $i++) echo "$i\\n";\n'
    'echo "[" . microtime(true) . "]";\nwhile (true);',
    "prolog": ":- forall(between(0, 4999, X), (write(X), nl)), get_time(T),\n"
    "   format('[~w]', [T]), repeat, fail.",
    "python": "import time\nfor i in range(5000):\n    print(i)\n"
    'print(f"[{time.time()}]", end="")\nwhile True:\n    pass',
    "r": "for (i in 0:4999) cat(i, '\\n', sep = '')\n"
    "cat('[', format(as.numeric(Sys.time()), digits = 15), ']', sep = '')\nwhile (TRUE) 1",
    "racket": "(for ([i 5000]) (displayln i))\n"
    '(printf "[~a]" (/ (current-inexact-milliseconds) 1000))\n(let loop () (loop))',
    "ruby": '5000.times { |i| puts i }\nprint "[#{Time.now.to_f}]"\nloop {}',
    "scheme": "(do ((i 0 (+ i 1))) ((= i 5000)) (display i) (newline))\n"
    "(let ((now (gettimeofday)))\n"
    '  (format #t "[~a]" (+ (car now) (/ (cdr now) 1e6))))\n(let loop () (loop))',
    "tcl": "for {set i 0} {$i < 5000} {incr i} {puts $i}\n"
    'puts -nonewline "\\[[expr {[clock microseconds] / 1e6}]\\]"\nwhile 1 {}',
}


@pytest.mark.parametrize("language", CELLS)
def test_text_before_a_silent_computation_is_live(
    shared: Callable[[str], Kernel], language: str
) -> None:
    client = shared(language).client
    running = client.execute(CELLS[language])
    client.until(running, "]")
    now = time.time()
    lines, _, seconds = running.stdout.partition("[")
    assert lines.split() == [str(i) for i in range(5000)]
    assert now - float(seconds.rstrip("]")) < SECONDS
    client.interrupt()
    assert client.finish(running).status == "error"
