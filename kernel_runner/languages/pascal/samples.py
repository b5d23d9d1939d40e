"""Sample programs in Pascal: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
program hello;
begin
    writeln('hello, world');
end."""
CLASSES = """\
uses sysutils;
type
    TCircle = class
        radius: double;
        function area: double;
    end;
function TCircle.area: double;
begin
    result := 3 * sqr(radius);
end;
var
    circle: TCircle;
begin
    circle := TCircle.create;
    circle.radius := 2;
    writeln(format('%.1f', [circle.area]));
    circle.free;
end."""
BROKEN = """\
program broken;
begin
    writeln(missing);
end."""
STDIN = """\
var
    word: string;
begin
    write('words? ');
    while not eof do begin
        readln(word);
        writeln(word, word);
    end;
end."""
ENDLESS = """\
writeln('running');
flush(output);
while true do;"""
UNICODE = """\
writeln('žluťoučký 🐎 日本語');"""
EXIT = """\
writeln(stderr, 'on stderr');
halt(3);"""
CRASH = """\
var
    nowhere: ^integer;
begin
    writeln('before');
    nowhere := nil;
    writeln(nowhere^);
end."""

SAMPLES = {
    "hello": (
        Sample(HELLO, stdout="hello, world\n"),
        Sample("writeln('hello, ');\nwriteln('world');", stdout="hello, \nworld\n"),
    ),
    "class": (Sample(CLASSES, stdout="12.0\n"),),
    "error": (
        Sample(
            BROKEN, stdout="", error="BuildFailed", traceback=r"In\[\d+\]:3:13 Error: .*missing"
        ),
        Sample("writeln(1);\nmissing(2);", error="BuildFailed", traceback=r"In\[\d+\]:2:1 Error"),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (
        Sample(
            CRASH,
            stdout="before\n",
            stderr=r"Runtime error 216(?s:.*)line 6 of In\[\d+\](?s:.*)",
            error="ExitCode",
            traceback="exit code 216",
        ),
    ),
}
