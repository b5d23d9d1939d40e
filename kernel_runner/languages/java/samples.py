"""Sample programs in Java: cells, and what they must show."""

from kernel_runner.language import Sample

STDIN = """\
var lines = new Scanner(System.in);
while (lines.hasNextLine()) {
    var line = lines.nextLine();
    System.out.println(line + line);
}
lines.close();"""

SAMPLES = {
    "hello": (Sample('System.out.println("hello, world");', stdout="hello, world\n"),),
    "state": (
        Sample(
            "import java.time.Duration;\n"
            "int n = 6;\n"
            "int twice(int x) {\n    return 2 * x;\n}\n"
            "record Point(int x, int y) {}"
        ),
        Sample("twice(n) + new Point(1, 2).y() + Duration.ofDays(1).toHours()", result="38"),
    ),
    "value": (
        Sample('List.of(6 * 7, "a")', result=r"\[42, a\]"),
        Sample('"text"', result='"text"'),
        Sample("new int[] {1, 2}", result=r"int\[2\] \{ 1, 2 \}"),
        Sample("int silent = 1"),
        Sample("silent = 2"),
        Sample("silent", result="2"),
        Sample("void nothing() {}\nnothing()"),
    ),
    "error": (
        Sample(
            "void half(int n) {\n"
            '    if (n == 0) throw new IllegalStateException("no half");\n}\n\nhalf(0);',
            error="java.lang.IllegalStateException",
            traceback=r"no half\n +at half\(In\[\d+\]:2\)\n +at In\[\d+\]:5$",
        ),
        Sample(
            "class Own extends RuntimeException {}\n"
            'throw new RuntimeException("outer", new Own());',
            error="java.lang.RuntimeException",
            traceback=r"In\[\d+\]:2\nCaused by: Own",
        ),
    ),
    "syntax error": (
        Sample(
            "System.out.println(1);\nint = = 2;",
            stdout="",
            error="CompilationError",
            traceback=r"In\[\d+\]:2: error: ",
        ),
        Sample(
            "System.out.println(1);\nvoid open() {",
            stdout="",
            error="CompilationError",
            traceback=r"In\[\d+\]:2: error: reached end",
        ),
        Sample('var text = "open;', error="CompilationError", traceback="unclosed string"),
    ),
    "compilation error": (
        Sample(
            "int good = 1;\n\nint bad = goood + 1;",
            error="CompilationError",
            traceback=r"In\[\d+\]:3: error: cannot find symbol(?s:.*)\nint bad = goood \+ 1;\n +\^",
        ),
        Sample("good", result="1"),
    ),
    "stdin": (
        Sample(STDIN, stdout="oneone\ntwotwo\n", answers=("one", "two", "\x04")),
        Sample("new Scanner(System.in).nextLine()", result='"again"', answers=("again",)),
    ),
    "interrupt": (
        Sample(
            'long count = 0;\nwhile (true) if (++count == 1) System.out.println("running");',
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("count > 0", result="true"),
        Sample(
            'System.out.println("asleep");\n'
            "while (true) try { Thread.sleep(10_000); } catch (Throwable any) { throw any; }",
            stdout="asleep\n",
            error="Interrupted",
            interrupt=True,
        ),
    ),
    "unicode": (
        Sample(
            'var größe = "žluťoučký 🐎 日本語";\nSystem.out.println(größe);',
            stdout="žluťoučký 🐎 日本語\n",
        ),
        Sample("größe.length()", result="16"),
        Sample(
            'throw new RuntimeException("日本語");',
            error="java.lang.RuntimeException",
            traceback="日本語",
        ),
    ),
    "stderr": (Sample('System.err.println("problem");', stderr="problem\n"),),
    "environment": (
        Sample(
            "%env KERNEL_RUNNER_SAMPLE=größe 🐎\nint before = 1;",
            stderr=r"\[Children of this JVM get it where .*\]\n",
        ),
        Sample('System.getenv("KERNEL_RUNNER_SAMPLE") + before', result='"größe 🐎1"'),
        Sample('System.getenv().get("KERNEL_RUNNER_SAMPLE")', result='"größe 🐎"'),
        Sample(
            'var child = new ProcessBuilder("printenv", "KERNEL_RUNNER_SAMPLE");\n'
            "child.environment();\n"
            "new String(child.start().getInputStream().readAllBytes())",
            result=r'"größe 🐎\\n"',
        ),
        Sample("%cd .", stderr=r"\[A running JVM keeps its directory: .*\]\n"),
    ),
    "class path": (
        Sample(
            "import javax.tools.ToolProvider;\n"
            'Files.writeString(Path.of("Greeting.java"), "package greeting; "\n'
            '    + "public class Greeting { public static int word() { return 42; } }");\n'
            "ToolProvider.getSystemJavaCompiler().run(null, null, null,\n"
            '    "-d", "classes", "Greeting.java");',
            result="0",
        ),
        Sample("greeting.Greeting.word()", error="CompilationError"),
        Sample("%classpath classes\ngreeting.Greeting.word()", result="42"),
        Sample("%jars nowhere/*.jar", error="IllegalArgumentException"),
    ),
    "rich output": (
        Sample('display("text/html", "<b>hello</b>");', mime="text/html"),
        Sample('class Bold { public String toHtml() { return "<b>b</b>"; } }'),
        Sample("new Bold()", mime="text/html"),
        Sample(
            "import java.awt.image.BufferedImage;\n"
            "new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB)",
            mime="image/png",
        ),
    ),
    "exit": (
        Sample(
            'int kept = 1;\nSystem.out.print("last");\nSystem.exit(3);',
            stdout="last",
            error="ExitCode",
            traceback="exit code 3",
        ),
        Sample("kept", error="CompilationError"),
    ),
    "crash": (
        Sample(
            'new ProcessBuilder("kill", "-KILL", "" + ProcessHandle.current().pid())'
            ".start();\nThread.sleep(60_000);",
            error="Signal",
            traceback="SIGKILL",
        ),
        Sample("1 + 1", result="2"),
    ),
    "redefinition": (
        Sample("int answer = 1;\nclass Thing {}\nint name() { return 1; }"),
        Sample(
            'String answer = "42";\nclass Thing { String name() { return answer; } }\n'
            "String name() { return new Thing().name(); }"
        ),
        Sample("name()", result='"42"'),
    ),
    "forward reference": (
        Sample(
            "int later() { return soon + 1; }",
            stderr="later cannot be invoked until variable soon is declared\n",
        ),
        Sample("later()", error="UnresolvedReferenceException", traceback="variable soon"),
        Sample("int soon = 1;\nlater()", result="2"),
    ),
    "deep recursion": (
        Sample(
            "int dive(int n) { return dive(n + 1) + 1; }\ndive(0)",
            error="java.lang.StackOverflowError",
        ),
        Sample("1 + 1", result="2"),
    ),
    "comments only": (Sample("// nothing\n/* but\ncomments */"), Sample("")),
}
