"""Sample programs in Brainfuck: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
sets three cells to 100 and 30 and 10 and then writes its greeting
++++++++++[>++++++++++>+++>+<<<-]>
++++.---.+++++++..+++.>++++++++++++++.------------.
<++++++++.--------.+++.------.--------.>>."""
SQUARES = """\
++++[>+++++<-]>[<+++++>-]+<+[
    >[>+>+<<-]++>>[<<+>>-]>>>[-]++>[-]+
    >>>+[[-]++++++>>>]<<<[[<++++++++<++>>-]+<.<[>----<-]<]
    <<[>>>>>[>>>[-]+++++++++<[>-<-]+++++++++>[-[<->-]+[<<<]]<[>+<-]>]<<-]<<-
]"""
ANSWER = f"{'+' * 52}.--."  # 42
FAR = f"{'>' * 100000}+[<]{'>' * 3}{'+' * 65}."
DEEP = f"{'[' * 5000}{']' * 5000}{'+' * 33}."
HORSE = "".join(f"{'+' * byte}.[-]" for byte in "ž🐎".encode())
ENDLESS = f"{'+' * 65}.[-]{'+' * 10}.[]"
LONG = "\n".join(["+[-]"] * 10_000 + ["+" * 65 + "."])

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "squares": (Sample(SQUARES, stdout=r"0\n1\n4\n9\n(?s:.*)9801\n10000\n"),),
    "tape": (
        Sample(ANSWER, stdout="42"),
        Sample(FAR, stdout="A"),
        Sample("-.", stdout="\ufffd"),  # a cell is a byte
    ),
    "comments": (Sample("there is nothing to be done here", stdout=""),),
    "long": (Sample(DEEP, stdout="!"), Sample(LONG, stdout="A")),
    "error": (
        Sample(
            "+[\n  >[<]\n-]]",
            stdout="",
            error="BuildFailed",
            traceback=r"In\[\d+\]:3:3: error: this \] ends no loop\n  -\]\]\n    \^",
        ),
        Sample("[[]", error="BuildFailed", traceback=r"In\[\d+\]:1:1: error: this \[ has no \]"),
        Sample(
            f"{'+' * 65}.\n>><<<.",
            stdout="A",
            stderr=r"In\[\d+\]:2:3: error: moved to the left of the first cell\n",
            error="ExitCode",
            traceback="exit code 1",
        ),
        Sample(
            "+[>+]",
            stderr=r"In\[\d+\]:1:3: error: the tape has no more than 1,073,741,824 cells\n",
            error="ExitCode",
        ),
    ),
    "stdin": (
        Sample(",[.,]", stdout="one\ntwo\n", answers=("one", "two", "\x04")),
        Sample(f"+++++,{'+' * 65}.", stdout="A", answers=("\x04",)),  # the end is a zero
    ),
    "interrupt": (
        Sample(ENDLESS, stdout="A\n", error="Interrupted", interrupt=True),
        Sample(ANSWER, stdout="42"),
    ),
    "unicode": (Sample(HORSE, stdout="ž🐎"),),
}
