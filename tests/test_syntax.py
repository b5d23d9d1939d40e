"""Completion and completeness from a grammar alone."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from kernel_runner.assist.syntax import MAX_NAMES, Completeness, Grammar, Syntax

C = Grammar(
    "tree_sitter_c",
    keywords=("int", "if", "else", "return", "while"),
    openers=("{", "(", "[", ":"),
    quotes=('"', "'", ">"),
    spans=("*/",),
    continuation="\\",
    wrap=("void _(void) {\n", "}"),
)
PYTHON = Grammar(
    "tree_sitter_python",
    keywords=("if", "import", "in", "is"),
    openers=("{", "(", "[", ":"),
    spans=('"""', "'''"),
    continuation="\\",
    block="block",
    unfinished="(ERROR (decorator) @node .) (try_statement (block) @node .)",
)
JAVASCRIPT = Grammar(
    "tree_sitter_javascript",
    keywords=("const", "function", "typeof"),
    letters="$",
    indent=2,
    spans=("`", "*/"),
    unfinished="(try_statement !handler !finalizer) @node",
)
BASH = Grammar(
    "tree_sitter_bash",
    keywords=("if", "then", "function", "for"),
    openers=("{", "(", "then", "do", "else", "in"),
    quotes=(),
    spans=('"', "'"),
    continuation="\\",
    wrong='((command_name) @node (#any-of? @node "fi" "done" "esac" "then" "do" "else" "}"))',
)
SYNTAX = {
    "c": Syntax(C),
    "python": Syntax(PYTHON),
    "javascript": Syntax(JAVASCRIPT),
    "bash": Syntax(BASH),
}

COMPLETE = {
    "c": [
        "",
        "  \n",
        "// a comment",
        "/* a\n comment */",
        "#include <stdio.h>",
        "#define TWICE(x) \\\n    ((x) * 2)",
        "int x;",
        "int f(int a) { return a; }",
        "struct point { int x, y; };",
        'printf("hi\\n");',
        "x + 1",
        "x + 1;",
        "x = 1",
        "f(1, 2)",
        "int y = 2;\ny * 2 // the result",
        "if (x) { f(); }",
        "if (x)\n    f();\nelse\n    g();",
        "for (int i = 0; i < 3; i++) puts(names[i]);",
        'char *s = "größe 😀";',
        '#include <stdio.h>\nint g(void) { return 1; }\nprintf("%d", g());',
        "do x(); while (y);",
        "#ifdef X\nint a;\n#endif",
        "'a'",
    ],
    "python": [
        "",
        "x = 1",
        "# a comment",
        "x = 1  # a comment",
        "1\\\n+2",
        "x = (1,\n  2)",
        "if x: y",
        "if x:\n    y\n",
        "if x:\n    y\n    ",
        "def f():\n    return 1\n\n",
        "class A:\n    def f(self):\n        pass\n\n",
        "if x:\n    y\nz",
        "if x:\n    y\nelse:\n    z\n",
        '"""a\n  b"""',
        "größe = '😀'",
        "async def f():\n    await x\n",
        "with a as b:\n    c\n",
        "match x:\n    case 1:\n        y\n",
        "f'{x}'",
        "try:\n    x\nexcept E:\n    y\n",
        "@decorated\ndef f():\n    pass\n",
        "x;",
    ],
    "javascript": [
        "",
        "// a comment",
        "let x = 1",
        "x + 1",
        "f()",
        "`a\n${b}`",
        "function f() { return 1 }",
        "class A { m() {} }",
        "a\n  .b()",
        "await f()",
        "({a: 1})",
        "x => x * 2",
        "if (x) y",
        "if (x) { y } else { z }",
        "for (const x of y) { z(x) }",
        "try { x } catch { y }",
        "try { x } finally { y }",
        "const größe = '😀'",
        "/a[/]b/.test(x)",
        "switch (x) { case 1: break }",
        'import fs from "fs"',
        "label: for (;;) break label",
    ],
    "bash": [
        "",
        "# a comment",
        "ls",
        "echo 'a\nb'",
        'echo "a $(ls) b"',
        "echo hi # it's",
        "if x; then y; fi",
        "if x; then y; elif z; then w; else v; fi",
        "for i in a b; do echo $i; done",
        "while true; do break; done",
        "case x in a) b ;; esac",
        "f() { ls; }",
        "cat <<EOF\nabc\nEOF",
        "cat <<EOF\nabc\nEOF\n",
        "a=(1 2)",
        "ls | wc -l",
        "ls && ls ||\nls",
        "[[ a == b ]]",
        "((1 + 2))",
        "! ls",
        "echo 'größe 😀'",
        "echo a \\\n  b",
        "! grep x y",
        "( cd /; ls )",
        "echo a\\\\",
    ],
}

INCOMPLETE = {
    "c": [
        ("int f() {", "    "),
        ("int f() {\n    if (x) {", "        "),
        ("int f() {\n    int a;", "    "),
        ("int f() {\n    int a; // what for", "    "),
        ("int f() { // why", "    "),
        ("if (x) {", "    "),
        ("if (x)", ""),
        ("while (1) { if (x)", ""),
        ("for (;;)", ""),
        ("if (x) y", ""),
        ("if (1) x(); else", ""),
        ("do x();", ""),
        ("switch (x) {\n    case 1:", "        "),
        ("f(", "    "),
        ("f(1,", ""),
        ("int a[3] = {1, 2", ""),
        ("int x =", ""),
        ("int x", ""),
        ("x +", ""),
        ("struct a { int x; }", ""),
        ("#ifdef X\nint a;", ""),
        ("#define A \\", ""),
        ("/* a", ""),
        ("int f() {\n    g();\n}\nint h() {", "    "),
        ('printf("größe 😀",', ""),
        ("return x *", ""),
        ("enum {\n    A,\n#define A A\n    B,", "    "),
        ("typedef struct {", "    "),
    ],
    "python": [
        ("if x:", "    "),
        ("if x:\n", "    "),
        ("if x:\n    y", "    "),
        ("if x:\n    y  # why", "    "),
        ("for a in b:\n    if a:", "        "),
        ("for a in b:\n    # what for", "    "),
        ("def f():\n    return (1,", "    "),
        ("class A:\n    def f(self):\n        pass\n\n    def g(self):\n        pass", " " * 8),
        ("x = (1,", ""),
        ("x = {", "    "),
        ('x = {\n    "a": 1,', "    "),
        ("x = [1,\n2", ""),
        ("(x +", ""),
        ('"""a', ""),
        ("f('''\n  a", ""),
        ("x = \\", ""),
        ("x = \\\n", ""),
        ("@decorator", ""),
        ("@decorator\n", ""),
        ("async def f():", "    "),
        ("match x:\n    case 1:", "        "),
        ("print('größe 😀',", ""),
        ("def f(a,\n      b):", " " * 10),
        ("with open(x) as f:", "    "),
        ("match x:\n    case 1:\n        y", "        "),
        ("x = 1\nif y:\n    z", "    "),
        ("f(x\n    or ''", "    "),
        ("try:", "    "),
        ("try:\n    x\n", "    "),
    ],
    "javascript": [
        ("function f() {", "  "),
        ("function f() {\n  if (x) {", "    "),
        ("class A {", "  "),
        ("f(", "  "),
        ("f(1,", ""),
        ("[1,", ""),
        ("({a:", ""),
        ("`a", ""),
        ("`a ${", "  "),
        ("/* a", ""),
        ("x =>", ""),
        ("x => {", "  "),
        ("async () => {", "  "),
        ("x +", ""),
        ("let x =", ""),
        ("x.", ""),
        ("x ? y :", ""),
        ("if (x)", ""),
        ("if (x) y\nelse", ""),
        ("for (;;)", ""),
        ("do { x }", ""),
        ("try { x }", ""),
        ("try {", "  "),
        ("switch (x) {\n  case 1:", "  "),
        ("import x from", ""),
        ("f('größe 😀',", ""),
        ("new", ""),
    ],
    "bash": [
        ("if x; then", "    "),
        ("if x", ""),
        ("if x; then y; else", "    "),
        ("if x; then y; elif z; then w", ""),
        ("for i in a b; do", "    "),
        ("for i in a b", ""),
        ("while true", ""),
        ("while true; do\n    if x; then", "        "),
        ("until x; do", "    "),
        ("select x in a; do", "    "),
        ("case x in", "    "),
        ("case x in\n    a)", "    "),
        ("f() {", "    "),
        ("f()", ""),
        ("function f {", "    "),
        ('echo "abc', ""),
        ("  echo 'abc", ""),
        ("echo `ls", ""),
        ("echo $(ls", ""),
        ("echo ${a", ""),
        ("cat <<EOF", ""),
        ("cat <<EOF\nabc", ""),
        ("ls |", ""),
        ("ls &&", ""),
        ("ls \\", ""),
        ("a=(1 2", ""),
        ("[[ a", ""),
        ("(( 1 +", ""),
        ("{ a;", ""),
        ("( a", ""),
        ("echo 'größe 😀", ""),
    ],
}

INVALID = {
    "c": ["}", "int f() { } }", "f(1))", "int 3x;", '"abc', "x = 'a", "} else {", "x = ;", ")"],
    "python": [
        *[")", "f(x))", "f(1 2)", "raise = 2", "else:", "x +", "class A", "if x", '"abc', "import"],
        "a \\ ",
        "for in x:",
    ],
    "javascript": ["}", "f())", "} else {", "else", "let 3x = 1", '"abc', "x = )", "if x"],
    "bash": [")", "echo )", "fi", "done", "}", "esac", "if x; then y; fi fi )"],
}


def _cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, code) for language, codes in table.items() for code in codes]


@pytest.mark.parametrize(("language", "code"), _cases(COMPLETE))
def test_complete_code(language: str, code: str) -> None:
    assert SYNTAX[language].is_complete(code) == Completeness("complete")


@pytest.mark.parametrize(
    ("language", "code", "indent"),
    [(language, code, indent) for language, each in INCOMPLETE.items() for code, indent in each],
)
def test_incomplete_code(language: str, code: str, indent: str) -> None:
    assert SYNTAX[language].is_complete(code) == Completeness("incomplete", indent)


@pytest.mark.parametrize(("language", "code"), _cases(INVALID))
def test_invalid_code(language: str, code: str) -> None:
    assert SYNTAX[language].is_complete(code) == Completeness("invalid")


@pytest.mark.parametrize(("language", "code"), _cases(COMPLETE))
def test_no_prefix_of_good_code_is_invalid_at_a_line_end(language: str, code: str) -> None:
    """Typing good code line by line is never called wrong on the way."""
    lines = code.split("\n")
    for count in range(1, len(lines)):
        assert SYNTAX[language].is_complete("\n".join(lines[:count])).status != "invalid"


LINES = {
    "c": 'int name_%d(int a) { return f(a, "é") * 2; }\n',
    "python": "def name_%d(a):\n    return f(a, 'é') * 2\n",
    "javascript": "function name_%d(a) { return f(a, 'é') * 2 }\n",
    "bash": 'name_%d() { echo "$1 é" | wc -l; }\n',
}


@pytest.mark.parametrize("language", LINES)
@pytest.mark.parametrize("size", [30_000, 250_000, 1_000_000])
@pytest.mark.parametrize("ending", ["", "}", "f(", "( [ { ' " * 2000])
def test_long_code_takes_no_long_time(language: str, size: int, ending: str) -> None:
    line = LINES[language]
    code = "".join(line % number for number in range(size // len(line))) + ending
    syntax = Syntax(SYNTAX[language].grammar)
    for work in (
        lambda: syntax.is_complete(code),
        lambda: syntax.complete(code, len(code)),
        lambda: syntax.remember(code),
    ):
        began = time.perf_counter()
        work()
        assert time.perf_counter() - began < 3  # a tenth of it, but on a busy machine


@pytest.mark.parametrize(
    ("language", "code", "matches"),
    [
        ("c", "int counter; cou|", ["counter"]),
        ("c", "int inner; in|", ["inner", "int"]),
        ("c", "int c; coun|ter", []),
        ("c", "int counter; f(counter); cou|nter", ["counter"]),
        ("c", "wh|", ["while"]),
        ("c", "int whole; // wh|", []),
        ("c", 'int whole; puts("wh|', []),
        ("c", 'int whole; puts("wh|");', []),
        ("c", "int whole; /* wh|", []),
        ("c", "#include <wh|", []),
        ("c", "int größe; grö|", ["größe"]),
        ("c", '"😀"; int größe; grö|', ["größe"]),
        ("c", "int x; x|", []),
        ("c", "int xy; 1x|", []),
        ("c", "int xy; |", []),
        ("python", "value = 1\nprint(va|", ["value"]),
        ("python", "value = 1\nprint('va|", []),
        ("python", "value = 1\nprint('''va|", []),
        ("python", "value = 1\nprint('va|')", []),
        ("python", "value = 1\nprint('')\nva|", ["value"]),
        ("python", "value = 1\nf'{va|}'", ["value"]),
        ("python", "value = 1  # va|", []),
        ("python", "i|", ["if", "import", "in", "is"]),
        ("javascript", "let $element; $el|", ["$element"]),
        ("javascript", "let total; `to|", []),
        ("javascript", "let total; `${to|}`", ["total"]),
        ("javascript", "a.method(); b.me|", ["method"]),
        ("bash", "directory=/tmp; ls $dir|", ["directory"]),
        ("bash", 'directory=/tmp; ls "$dir|"', ["directory"]),
        ("bash", "directory=/tmp; echo 'dir|", []),
        ("bash", "directory=/tmp # dir|", []),
    ],
)
def test_completion(language: str, code: str, matches: list[str]) -> None:
    offset = code.index("|")
    code = code.replace("|", "")
    completions = Syntax(SYNTAX[language].grammar).complete(code, offset)
    assert completions == matches
    assert completions.end == offset
    if matches:
        assert all(match.startswith(code[completions.start : offset]) for match in matches)


def test_names_in_the_code_come_before_remembered_ones_and_keywords() -> None:
    syntax = Syntax(C)
    syntax.remember('int inner, into; // inside\nchar *s = "indeed";')
    assert syntax.complete("int index; in", 13) == ["index", "inner", "into", "int"]


def test_memory_is_bounded() -> None:
    syntax = Syntax(C)
    for cell in range(120):
        syntax.remember("".join(f"int v{cell}_{number};" for number in range(100)))
    assert len(syntax._remembered) == MAX_NAMES
    assert syntax.complete("v0_", 3) == []
    assert len(syntax.complete("v119_", 5)) == 100
    began = time.perf_counter()
    megabyte = "int x; " * 150_000
    for _ in range(10_000):
        syntax.remember(megabyte)
    assert time.perf_counter() - began < 1


def test_without_a_wheel_names_come_from_words() -> None:
    for grammar in (Grammar(None, keywords=("for",)), Grammar("no_such_wheel", keywords=("for",))):
        syntax = Syntax(grammar)
        syntax.remember("folder = 1")
        assert syntax.complete("größe = 1; forest = 2; fo", 25) == ["forest", "folder", "for"]
        assert syntax.complete("größe = 1; gr", 13) == ["größe"]
        assert syntax.is_complete("f(") == Completeness("unknown")
        assert syntax.is_complete("") == Completeness("complete")


@pytest.mark.parametrize("language", SYNTAX)
def test_odd_text_hurts_nobody(language: str) -> None:
    for code in (
        "\x00",
        "a\udc80b",
        "\ufeffx",
        "a\r\nb",
        "😀",
        "\\",
        "\\\n\\",
        "'\x00",
        "((((",
        "\t",
    ):
        for offset in (-1, 0, len(code), 99):
            SYNTAX[language].complete(code, offset)
        SYNTAX[language].is_complete(code)
        SYNTAX[language].remember(code)


def test_nothing_is_loaded_before_it_is_needed() -> None:
    program = (
        "import sys; from kernel_runner.assist.syntax import Grammar, Syntax;"
        "Syntax(Grammar('tree_sitter_c')); assert 'tree_sitter' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
