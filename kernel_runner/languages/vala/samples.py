"""Sample programs in Vala: cells, and what they must show."""

from kernel_runner.language import Sample

HELLO = """\
void main () {
    print ("hello, world\\n");
}"""
CLASSES = """\
interface Shape : Object {
    public abstract double area ();
}

class Circle : Object, Shape {
    public double radius { get; construct; }
    public signal void measured (double size);

    public Circle (double radius) {
        Object (radius: radius);
    }

    public double area () {
        measured (radius);
        return 3 * radius * radius;
    }
}

void main () {
    var circle = new Circle (2);
    circle.measured.connect ((size) => print ("radius %.1f\\n", size));
    print ("%.1f\\n", circle.area ());
}"""
STATEMENTS = """\
string[] words = { "one", "two" };
foreach (var word in words) {
    print (@"$(word.up ())\\n");
}"""
BROKEN = """\
void main () {
    print (missing);
}"""
STDIN = """\
print ("words? ");
stdout.flush ();
string? word;
while ((word = stdin.read_line ()) != null) {
    print ("%s%s\\n", word, word);
    stdout.flush ();
}"""
ENDLESS = """\
print ("running\\n");
stdout.flush ();
while (true);"""
UNICODE = """\
var text = "žluťoučký 🐎 日本語";
print ("%s %d\\n", text, text.char_count ());"""
EXIT = """\
printerr ("on stderr\\n");
Process.exit (3);"""
THROWN = """\
void main () {
    string text;
    FileUtils.get_contents ("/nowhere", out text);
}"""
CRASH = """\
print ("before\\n");
stdout.flush ();
int* nowhere = null;
*nowhere = 1;"""

SAMPLES = {
    "hello": (Sample(HELLO, stdout="hello, world\n"),),
    "classes": (Sample(CLASSES, stdout="radius 2.0\n12.0\n"),),
    "statements": (Sample(STATEMENTS, stdout="ONE\nTWO\n"),),
    "error": (
        Sample(
            BROKEN,
            stdout="",
            error="BuildFailed",
            traceback=r"In\[\d+\]:2\.12-2\.18: error:.*missing",
        ),
        Sample(
            THROWN,
            stderr=r"(?s:.*)In\[\d+\]\.vala: line 3: uncaught error:.*/nowhere(?s:.*)",
        ),
    ),
    "warning": (
        Sample(
            'print ("");\nint n;', stderr=r"In\[\d+\]:2\.5-2\.5: warning:.*`n'.* never used(?s:.*)"
        ),
    ),
    "stdin": (Sample(STDIN, stdout=r"words\? oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(ENDLESS, stdout="running\n", error="Interrupted", interrupt=True),
        Sample(HELLO, stdout="hello, world\n"),
    ),
    "unicode": (Sample(UNICODE, stdout="žluťoučký 🐎 日本語 15\n"),),
    "exit": (Sample(EXIT, stderr="on stderr\n", error="ExitCode", traceback="exit code 3"),),
    "crash": (Sample(CRASH, stdout="before\n", error="Signal", traceback="SIGSEGV"),),
}
