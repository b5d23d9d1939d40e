"""Sample programs in TypeScript: cells, and what they must show."""

from kernel_runner.language import Sample

STDIN = """\
import * as readline from "readline";
const lines: readline.Interface = readline.createInterface({ input: process.stdin });
for await (const line of lines) console.log(line + line);"""

SAMPLES = {
    "hello": (
        Sample(
            'const who: string = "world";\nconsole.log(`hello, ${who}`);', stdout="hello, world\n"
        ),
    ),
    "state": (
        Sample(
            "import * as os from 'os';\n"
            "interface Named { name: string }\n"
            "let n: number = 6;\n"
            "function twice<T extends number>(x: T): number { return 2 * x; }"
        ),
        Sample(
            "const one: Named = { name: typeof os.cpus };\ntwice(n) + one.name",
            result="'12function'",
        ),
    ),
    "value": (
        Sample("({ answer: 6 * 7 } as { answer: number })", result=r"\{ answer: 42 \}"),
        Sample("const silent: number = 1"),
        Sample("interface Nothing { a: string }\ntype Less = keyof Nothing"),
    ),
    "enum": (
        Sample("enum Colour { Red, Green }"),
        Sample(
            "enum Colour { Red = 1, Blue }\n[Colour.Blue, Colour[1], Object.keys(Colour).length]",
            result=r"\[ 2, 'Red', 4 \]",
        ),
    ),
    "class": (
        Sample(
            "abstract class Shape {\n  constructor(protected readonly size: number) {}\n"
            "  abstract area(): number;\n}\n"
            "class Square extends Shape {\n  area(): number { return this.size ** 2; }\n}\n"
            "new Square(3).area()",
            result="9",
        ),
    ),
    "top-level await": (
        Sample(
            "const late = await new Promise<number>((done) => setTimeout(done, 10, 42));\nlate!",
            result="42",
        ),
    ),
    "error": (
        Sample(
            "function half(n: number): never {\n"
            "  throw new RangeError('no half');\n}\n\nhalf(0 as number);",
            error="RangeError",
            traceback=r"In\[\d+\]:2(?s:.*)In\[\d+\]:5",
        ),
    ),
    "syntax error": (
        Sample(
            "console.log(1 as number);\nlet x: = 2;",
            stdout="",
            error="SyntaxError",
            traceback=r"In\[\d+\]:2",
        ),
        Sample("const text = 'open", error="SyntaxError", traceback=r"In\[\d+\]:1"),
    ),
    "unsupported": (
        Sample(
            "const a = 1;\nnamespace N {\n  export const b = 2;\n}",
            error="SyntaxError",
            traceback=r"In\[\d+\]:2(?s:.*)Namespaces are not supported",
        ),
        Sample("const text = `\nnamespace N {\n@dec\n`;\ntext.length", result="20"),
    ),
    "stdin": (Sample(STDIN, stdout="oneone\ntwotwo\n", answers=("one", "two", "\x04")),),
    "interrupt": (
        Sample(
            "var count: number = 1;\nconsole.log('running');\nwhile (true) count += 1;",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("count > 0", result="true"),
    ),
    "unicode": (
        Sample(
            "const größe: string = 'žluťoučký 🐎 日本語';\nconsole.log(größe);",
            stdout="žluťoučký 🐎 日本語\n",
        ),
        Sample("größe.length", result="16"),
    ),
    "rich output": (
        Sample("display.html('<b>hello</b>')", mime="text/html"),
        Sample(
            "class Bold { toHTML(): string { return '<b>bold</b>'; } }\nnew Bold()",
            mime="text/html",
        ),
    ),
    "tslab": (
        Sample(
            "import * as tslab from 'tslab';\ntslab.display.html('<b>hello</b>');", mime="text/html"
        ),
    ),
    "exit": (
        Sample(
            "var kept: number = 1;\nprocess.exit(3);", error="ExitCode", traceback="exit code 3"
        ),
        Sample("typeof kept", result="'undefined'"),
    ),
    "crash": (
        Sample(
            "process.kill(process.pid, 'SIGSEGV');\nawait new Promise<void>(() => {});",
            error="Signal",
            traceback="SIGSEGV",
        ),
        Sample("1 + 1", result="2"),
    ),
    "redefinition": (
        Sample("const answer: number = 1;\nclass Thing {}"),
        Sample("const answer: string = '42';\nclass Thing { name(): string { return answer; } }"),
        Sample("new Thing().name()", result="'42'"),
    ),
    "deep recursion": (
        Sample("const dive = (n: number): number => dive(n + 1);\ndive(0)", error="RangeError"),
        Sample("1 as number", result="1"),
    ),
    "comments only": (Sample("// nothing\n/* but\ncomments */"),),
}
