"""Sample programs in COBOL: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
identification division.
program-id. hello.
procedure division.
    display "hello, world".
    stop run."""
TABLE = """\
identification division.
program-id. areas.
data division.
working-storage section.
01 shapes.
    05 radius pic 9v9 occurs 3 times.
01 place pic 9.
01 total pic 999v99 value 0.
01 shown pic zz9.99.
procedure division.
    perform varying place from 1 by 1 until place > 3
        compute radius(place) = place / 2
        compute total = total + 3 * radius(place) ** 2
    end-perform
    move total to shown
    display function trim(shown)
    stop run."""
STATEMENTS = """\
display "one"
display "two" upon stdout
perform 3 times
    display "again " no advancing
end-perform
display " "."""
BROKEN = """\
identification division.
program-id. broken.
procedure division.
    display missing.
    stop run."""
STDIN = """\
identification division.
program-id. twice.
environment division.
input-output section.
file-control.
    select entries assign to keyboard organization line sequential.
data division.
file section.
fd entries.
01 word pic x(20).
procedure division.
    display "words? " no advancing
    open input entries
    perform until exit
        read entries
            at end exit perform
        end-read
        display function trim(word) function trim(word)
    end-perform
    close entries
    stop run."""
ENDLESS = """\
display "running"
perform until exit
    continue
end-perform."""
UNICODE = """\
display "žluťoučký 🐎 日本語"."""
EXIT = """\
display "on stderr" upon syserr
move 3 to return-code."""
BOUNDS = """\
identification division.
program-id. bounds.
data division.
working-storage section.
01 digits.
    05 digit pic 9 occurs 3 times value 1.
01 place pic 9 value 5.
procedure division.
    display digit(place)
    stop run."""
CRASH = """\
identification division.
program-id. crash.
data division.
linkage section.
01 nowhere pic x.
procedure division.
    display "before"
    set address of nowhere to null
    move "x" to nowhere
    stop run."""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "table": (Sample(TABLE, stdout="10.50\n"),),
    "statements": (Sample(STATEMENTS, stdout="one\ntwo\nagain again again  \n"),),
    "error": (
        Sample(BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:4: error: 'missing'"),
        Sample("display 1\ndisplay missing.", error="BuildFailed", traceback=r"In\[\d+\]:2:"),
        Sample(
            BOUNDS,
            stderr=r"libcob: In\[\d+\]\.cob:9: error: subscript(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        # Where DISPLAY has yet to return, the runtime writes its text again before it ends.
        Sample(
            ENDLESS,
            stdout=r"running\n(?:running\n)?",
            stderr="(?s:.*)",
            error="Interrupted",
            interrupt=True,
        ),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (
        Sample(
            CRASH,
            stdout="before\n",
            stderr=r"libcob: (?s:.*)In\[\d+\]\.cob:9: error: .*nowhere.*NULL address(?s:.*)",
            error="ExitCode",
            traceback="exit code 1",
        ),
    ),
}
