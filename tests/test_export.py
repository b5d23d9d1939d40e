"""%export: a notebook's cells as a project that builds without a kernel and does the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from client import Client, Kernel

COMMAND = str(Path(sys.executable).parent / "kernel-runner")
Start = Callable[..., Kernel]

# Notebooks with what makes composing hard: declarations that other cells use, state that functions
# change, a name that is declared anew, statements, comments, and values at the end.
C = [
    "#include <stdio.h>\n#include <math.h>\n// A point.\nstruct point { double x, y; };\n"
    "int count = 0;  // calls of length\nint sum, parts[3];",
    "double length(struct point p) {\n    count++;\n    return sqrt(p.x * p.x + p.y * p.y);\n}",
    'struct point p = {3, 4};\ndouble l = length(p);\nprintf("%g\\n", l);\nl / 3',
    'int greet(void) { puts("hello"); return 1; }\n#define TWICE(x) ((x) * 2)',
    'int greet(void) { puts("hullo"); return TWICE(count); }',
    'for (int i = 0; i < 3; i++) {\n    sum += i;\n    parts[i] = sum;\n}\nint n = greet();\nn',
    'int n = 5;\nchar *name = "Zoë";\nname',
    "double n = 2.0;  // another one\nn",
    "int table[] = {1, 2, 3};\nint at(int i) { return table[i]; }\nstruct point made = {n, at(1)};",
    "double where(void) { return made.y; }\nwhere() + parts[2]",
    "n > 1 ? count : 0",
]  # fmt: skip
CPP = [
    "#include <algorithm>\n#include <iostream>\n#include <string>\n#include <vector>\n"
    "using namespace std;\nint calls;",
    "template <class T> struct Box {\n    T value;\n    T twice() const { return value * 2; }\n};",
    "vector<int> numbers_{3, 1, 2};\nauto limit = 2;\n"
    "bool small(int n) { calls++; return n < limit; }",
    "sort(numbers_.begin(), numbers_.end());\nfor (auto n : numbers_) {\n"
    "    cout << n << (small(n) ? \" small\" : \"\") << endl;\n}\ncalls",
    "int f(int a) { return a; }\nint f(double) { return 7; }",
    "int f(int a) { return a + calls; }",
    "f(1)", "f(1.5)", "Box<double>{1.25}.twice()",
    'string s = "a" + to_string(f(2));\ns', "double d;\nd = 1.0 / 3;\nd", "limit == 2", "'c'",
    "class Counter {\npublic:\n    int next();\n    int count = 0;\n};\n"
    "int Counter::next() { return ++count; }",
    "Counter counter;\ncounter.next();\ncounter.next()",
]  # fmt: skip
RUST = [
    "use std::collections::HashMap;\n// A point.\n#[derive(Debug, Clone)]\n"
    "struct Point { x: f64, y: f64 }\n"
    "impl Point { fn length(&self) -> f64 { self.x.hypot(self.y) } }",
    'let p = Point { x: 3.0, y: 4.0 };\nprintln!("{}", p.length());\np.clone()',
    'fn greet() -> &\'static str { "hello" }',
    'fn greet() -> &\'static str { "hullo" }',
    "let mut counts: HashMap<String, i32> = HashMap::new();\n"
    'for word in ["a", "b", "a"] {\n    *counts.entry(word.to_string()).or_insert(0) += 1;\n}\n'
    "greet()",
    'counts["a"]',
    "let p = 5;",
    '// the number\nlet n: i32 = "12".parse()?;\np + n',
    'if n > 3 { "big" } else { "small" }',
]  # fmt: skip
GO = [
    'import "fmt"\n\n// A point.\ntype point struct{ x, y float64 }',
    "func length(p point) float64 {\n\treturn math.Sqrt(p.x*p.x + p.y*p.y)\n}",
    "// look\np := point{3, 4}\nfmt.Println(length(p))\nlength(p) / 3",
    'func greet() string { return "hello" }',
    'func greet() string { return "hullo" }\n\nvar words = []string{"a", "b"}',
    "for i, word := range words {\n\tfmt.Println(i, strings.ToUpper(word))\n}\ngreet()",
    "point{1, 2}", 'strconv.Atoi("7")', "const (\n\tA = iota\n\tB\n)", "B", "words",
]  # fmt: skip
NOTEBOOKS = {"c": C, "cpp": CPP, "rust": RUST, "go": GO}
BUILDS = {"c": "Makefile", "cpp": "Makefile", "rust": "Cargo.toml", "go": "go.mod"}
MAIN = {
    "c": '#include <stdio.h>\nint main(void) { puts("whole"); }',
    "cpp": '#include <cstdio>\nint main() { puts("whole"); }',
    "rust": 'fn main() { println!("whole"); }',
    "go": 'import "fmt"\n\nfunc main() { fmt.Println("whole") }',
    "nim": 'echo "whole"',
    "ada": 'with Ada.Text_IO;\nprocedure Hello is\nbegin\n   Ada.Text_IO.Put_Line ("whole");\nend;',
    "fortran": "print '(a)', 'whole'",
    "pascal": "writeln('whole');",
    "d": 'writeln("whole");',
    "cobol": 'display "whole".',
    "brainfuck": "[-]".join(f"{'+' * byte}." for byte in b"whole\n"),
    "vala": 'print ("whole\\n");',
    "objectivec": 'printf("whole\\n");',
}


def run(client: Client, cells: list[str]) -> str:
    """Run cells; what they have printed, and their values."""
    output = ""
    for code in cells:
        cell = client.cell(code, timeout=180)
        assert cell.status == "ok", cell
        output += cell.stdout + (f"{cell.text}\n" if cell.text else "")
    return output


def build_and_run(language: str, folder: Path) -> str:
    done = subprocess.run(
        [COMMAND, "run", language, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done
    # make tells its commands on stdout, before the program is run
    return "".join(
        line for line in done.stdout.splitlines(True) if not line.startswith(("cc ", "g++ "))
    )


@pytest.mark.parametrize("language", NOTEBOOKS)
def test_a_session_is_a_project_with_the_same_output(start: Start, language: str) -> None:
    kernel = start(language)
    output = run(kernel.client, NOTEBOOKS[language])
    exported = kernel.client.cell("%export 'my project'")
    assert exported.status == "ok", exported
    assert "defined more than once" in exported.stderr
    folder = kernel.folder / "my project"
    assert BUILDS[language] in exported.stderr
    assert build_and_run(language, folder) == output
    text = "".join(path.read_text() for path in folder.rglob("main.*") if path.suffix)
    assert "kernel_runner" not in text
    assert str(kernel.folder) not in text


@pytest.mark.parametrize("language", MAIN)
def test_a_program_is_a_project_by_itself(start: Start, language: str) -> None:
    kernel = start(language)
    assert run(kernel.client, [MAIN[language]]) == "whole\n"
    assert kernel.client.cell("%export there").status == "ok"
    assert build_and_run(language, kernel.folder / "there") == "whole\n"


@pytest.mark.parametrize("language", ["c", "go", "rust"])
def test_programs_beside_a_session(start: Start, language: str) -> None:
    kernel = start(language)
    run(kernel.client, [MAIN[language]])
    output = run(kernel.client, ["1 + 1" if language != "go" else "var one = 1", MAIN[language]])
    last = {"c": "1 + 2", "rust": "1 + 2", "go": "one + 2"}[language]
    output = output.replace("whole\n", "") + run(kernel.client, [last])
    assert kernel.client.cell("%export there").status == "ok"
    folder = kernel.folder / "there"
    assert build_and_run(language, folder) == output
    programs = sorted(path.name for path in folder.glob("cell_*"))
    assert "cell_3" in programs
    assert build_and_run(language, folder / "cell_3") == "whole\n"


def test_a_crate_is_in_the_manifest(start: Start) -> None:
    kernel = start("rust")
    output = run(kernel.client, [':dep itoa = "1"\nitoa::Buffer::new().format(7).to_string()'])
    assert kernel.client.cell("%export there").status == "ok"
    assert 'itoa = "1"' in (kernel.folder / "there/Cargo.toml").read_text()
    assert build_and_run("rust", kernel.folder / "there") == output


def test_what_cannot_be_printed_is_told(start: Start) -> None:
    kernel = start("c")
    run(kernel.client, ["struct point { int x; } p = {1};\np"])
    exported = kernel.client.cell("%export there")
    assert "The value of cell 1 is computed, but not printed" in exported.stderr
    assert build_and_run("c", kernel.folder / "there") == ""


def test_only_what_ran_since_the_reset_is_exported(start: Start) -> None:
    kernel = start("c")
    nothing = kernel.client.cell("%export there")
    assert "no cell has run without an error yet" in nothing.error["evalue"]
    run(kernel.client, ['#include <stdio.h>\nputs("before");'])
    kernel.client.cell("%reset")
    run(kernel.client, ['#include <stdio.h>\nputs("after");'])
    assert kernel.client.cell("this fails").status == "error"
    assert kernel.client.cell("*(volatile int *)0 = 1;").status == "error"
    assert kernel.client.cell("%export there").status == "ok"
    assert build_and_run("c", kernel.folder / "there") == "after\n"


def test_nothing_of_the_person_s_is_written_over(start: Start) -> None:
    kernel = start("c")
    client, folder = kernel.client, kernel.folder / "there"
    run(client, ['#include <stdio.h>\nputs("one");'])
    folder.mkdir()
    assert client.cell("%export there").status == "ok"
    build_and_run("c", folder)  # leaves a program beside
    run(client, ['puts("two");'])
    assert client.cell("%export there").status == "ok"
    assert build_and_run("c", folder) == "one\ntwo\n"
    (folder / "main.c").write_text("mine")
    refused = client.cell("%export there")
    assert refused.error["ename"] == "CommandError"
    assert "main.c is not as %export has left it" in refused.error["evalue"]
    assert (folder / "main.c").read_text() == "mine"
    other = kernel.folder / "other"
    other.mkdir()
    (other / "precious.txt").write_text("mine")
    assert "has files in it" in client.cell("%export other").error["evalue"]
    assert [path.name for path in other.iterdir()] == ["precious.txt"]
    assert "cannot be written" in client.cell("%export other/precious.txt").error["evalue"]


def test_the_command_is_there_where_there_is_something_to_build(bash: Client, c: Client) -> None:
    assert "%export DIR" in c.cell("%help").stdout
    assert "%export" not in bash.cell("%help").stdout
