"""Sample programs in Standard ML: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = 'print "hello, world\\n";'
SHAPES = """\
datatype shape = Circle of real | Square of real

fun area (Circle radius) = 3.0 * radius * radius
  | area (Square side) = side * side

val total = foldl (op +) 0.0 (map area [Circle 2.0, Square 3.0])
val () = print (Real.fmt (StringCvt.FIX (SOME 1)) total ^ "\\n")"""
MODULES = """\
signature STACK =
sig
  type 'a stack
  val empty : 'a stack
  val push : 'a * 'a stack -> 'a stack
  val top : 'a stack -> 'a option
end

structure Stack :> STACK =
struct
  type 'a stack = 'a list
  val empty = []
  val push = op ::
  fun top [] = NONE
    | top (first :: _) = SOME first
end

val () = print (Int.toString (valOf (Stack.top (Stack.push (42, Stack.empty)))) ^ "\\n")"""
BROKEN = """\
val y = 1
val x = 1 + missing"""
RAISED = """\
exception Bad of string
val () = print "before\\n"
val () = raise Bad "news\""""
STDIN = """\
val () = print "words? "
fun loop () =
  case TextIO.inputLine TextIO.stdIn of
    SOME line =>
      let val word = String.substring (line, 0, size line - 1)
      in print (word ^ word ^ "\\n"); loop ()
      end
  | NONE => ()
val () = loop ()"""
ENDLESS = """\
val () = print "running\\n"
fun forever n = forever (1 - n)
val () = forever 0"""
# Poly/ML wants what is not ASCII in escapes, but for comments.
UNICODE = 'val () = print "\\197\\190 \\240\\159\\144\\142\\n" (* ž 🐎 *)'
EXIT = """\
val () = TextIO.output (TextIO.stdErr, "on stderr\\n")
val () = Posix.Process.exit 0w3"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "shapes": (Sample(SHAPES, stdout="21.0\n"),),
    "modules": (Sample(MODULES, stdout="42\n"),),
    "error": (
        Sample(
            BROKEN,
            stdout=r"(?s:.*)In\[\d+\]\.sml:2: error: .*missing(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
        Sample(
            RAISED,
            stdout='before\nException- Bad "news" raised\n',
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "warning": (
        Sample(
            "fun first (x :: _) = x",
            stdout=r"(?s:.*)In\[\d+\]\.sml:1: warning: Matches are not exhaustive(?s:.*)",
        ),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="ž 🐎\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
}
