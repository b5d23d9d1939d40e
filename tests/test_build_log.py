"""What a notebook shows of a build: its counter as one live line, and links to its errors."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from client import Exchange, Kernel
from test_build_systems import require_tool, write

COMMAND = str(Path(sys.executable).parent / "kernel-runner")
Start = Callable[..., Kernel]
FILES = {f"part{i}.c": f"int part{i}(void) {{ return {i}; }}\n" for i in range(20)}
WARNED = {"part20.c": "int part20(void) { int unused; return 20; }\n"}
PARTS = {**FILES, **WARNED, "main.c": "int main(void) { return 0; }\n"}
NAMES = " ".join(PARTS)
CMAKE = f"""cmake_minimum_required(VERSION 3.10)
project(parts C)
add_compile_options(-Wall)
add_executable(parts {NAMES})
"""
MESON = f"project('parts', 'c')\nexecutable('parts', '{NAMES}'.split(), c_args: '-Wall')\n"
NINJA = "rule cc\n command = cc -Wall -c $in -o $out\n description = CC $out\n" + "".join(
    f"build {Path(name).stem}.o: cc {name}\n" for name in PARTS
)
CARGO = '[package]\nname = "parts"\nversion = "0.1.0"\nedition = "2021"\n'
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>org.example</groupId><artifactId>parts</artifactId><version>1</version>
<properties><maven.compiler.source>11</maven.compiler.source>
<maven.compiler.target>11</maven.compiler.target></properties></project>
"""


@pytest.fixture
def project(start: Start) -> Iterator[Callable[[str, dict[str, str]], Kernel]]:
    """A kernel in the folder of a project with these files."""

    def begin(language: str, files: dict[str, str]) -> Kernel:
        kernel = start(language)
        write(kernel.folder, files)
        return kernel

    yield begin


def screen(text: str) -> list[str]:
    """The lines of a stream as JupyterLab shows them: it overwrites character by character."""
    shown = []
    for line in re.sub(r"\x1b\[[0-9;]*m", lambda code: "·" * len(code[0]), text).split("\n"):
        row: list[str] = []
        for piece in line.split("\r"):
            row[: len(piece)] = piece
        shown.append("".join(row).rstrip())
    return shown


def counters(lines: list[str]) -> list[str]:
    return [line for line in lines if re.match(r"\[ *\d+[/%]", line)]


def links(cell: Exchange) -> list[tuple[str, str]]:
    """The links that a build has shown, as text and target."""
    (shown,) = cell.displays
    found = re.findall('<a href="(.*?)">(.*?)</a>', shown["text/html"])
    return [(unescape(text), unquote(unescape(target))) for target, text in found]


# -- the counter -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "files"),
    [
        ("cmake", {"CMakeLists.txt": CMAKE}),
        ("meson", {"meson.build": MESON}),
        ("ninja", {"build.ninja": NINJA}),
    ],
)
def test_a_counter_is_one_line_beside_the_warnings(
    project: Callable[..., Kernel], tool: str, files: dict[str, str]
) -> None:
    require_tool(tool)
    cell = project("c", {**files, **PARTS}).client.cell("%build")
    assert cell.status == "ok", cell
    output = [*screen(cell.stdout), *screen(cell.stderr)]
    seen = counters(output)
    # One stays before the warning, one at the end; `make` tells of the target besides.
    assert 1 <= len(seen) <= 4, output
    assert re.match(r"\[(22/22|23/23|100%)\]", seen[-1])
    assert any("unused variable" in line for line in output)
    assert cell.output.count("part") > 20  # each was live for a while
    assert cell.displays == []


def test_cargo_s_bar_goes_when_it_is_done(project: Callable[..., Kernel]) -> None:
    require_tool("cargo")
    files = {"Cargo.toml": CARGO, "src/main.rs": "fn main() { let unused = 3; }\n"}
    cell = project("rust", files).client.cell("%build")
    assert cell.status == "ok", cell
    assert re.search(r"Building\S* \[[=> ]*\] 0/1: parts", cell.stderr)
    output = "\n".join(screen(cell.stderr))
    assert "Building" not in output
    assert "unused variable" in output
    assert "Finished" in output


def test_a_line_that_is_begun_and_ended_and_one_too_long(bash_in: Kernel) -> None:
    """Counters in pieces, half characters, other streams between them, and long ones."""
    script = r"""
printf '[1'; printf '/3] one \305'; printf '\276luť'; printf '\n[2/3] two\n'
printf 'plain\r\nand more\n'
printf '50%% of it\r'; printf 'done\n'; printf '[no counter\n'
printf "[3/3] %0200d\n" 7
printf 'no end'
"""
    (bash_in.folder / "script.sh").write_text(script)
    cell = bash_in.client.cell("%build bash script.sh")
    lines = screen(cell.stdout)
    assert lines == [
        "[2/3] two",
        "plain",
        "and more",
        "done",
        "[no counter",
        f"[3/3] {7:0200}",
        "no end",
    ]


def test_a_counter_stands_when_the_other_stream_speaks(bash_in: Kernel) -> None:
    script = "echo '[1/2] one'; echo more >&2; echo '[2/2] two'"
    cell = bash_in.client.cell(f"%build {script}")
    assert cell.stdout in ("[1/2] one\n[2/2] two\n", "[1/2] one\r[2/2] two\n")
    assert cell.stderr == "more\n"


def test_ten_thousand_counters_and_a_long_log(bash_in: Kernel) -> None:
    script = (
        'for ((i = 1; i <= 10000; i++)); do echo "[$i/10000] step"; done; '
        "head -c 30000000 /dev/zero | tr '\\0' x; echo; echo '[end]'"
    )
    (bash_in.folder / "script.sh").write_text(script)
    cell = bash_in.client.cell("%build bash script.sh")
    assert cell.status == "ok"
    lines = screen(cell.stdout[:500_000])
    assert lines[0] == "[10000/10000] step"
    assert cell.stdout.count("x") == 30_000_000
    assert cell.stdout.endswith("x\n[end]\n")


def test_what_only_runs_is_shown_as_it_is(bash_in: Kernel) -> None:
    assert bash_in.client.cell("%sh echo '[1/2] a'; echo '[2/2] b'").stdout == "[1/2] a\n[2/2] b\n"


def test_at_a_pipe_the_tool_s_own_lines(tmp_path: Path) -> None:
    require_tool("cmake")
    write(tmp_path, {"CMakeLists.txt": CMAKE, **PARTS})
    done = subprocess.run(
        [COMMAND, "run", "c", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert len(counters(done.stderr.splitlines())) == 24
    assert "\r" not in done.stderr


@pytest.fixture
def bash_in(shared: Callable[[str], Kernel]) -> Kernel:
    """The module's Bash kernel."""
    return shared("bash")


# -- the errors ------------------------------------------------------------------------------------

# The tool, its language, the project's files, and for each error: where it is, and a word of it.
BROKEN = [
    ("make", "c", {"Makefile": "a: a.c\n\tcc -o a a.c\n", "a.c": "int f(void) {\n  y = 3; }\n"},
     [("a.c:2:3", "undeclared")]),
    ("make", "c", {"Makefile": "all:\n    cc\n"}, [("Makefile:2", "missing separator")]),
    ("make", "c", {"Makefile": "all:\n\t$(MAKE) -C sub\n", "sub/Makefile": "p: ž.c\n\tcc -g ž.c\n",
                   "sub/ž.c": "void f(void);\nint main(void) {\n  f(); }\n"},
     [("sub/ž.c:3", "undefined reference")]),
    ("cmake", "c", {"CMakeLists.txt": 'project(x C)\nmessage(FATAL_ERROR "oh <no>")\n'},
     [("CMakeLists.txt:2", "oh <no>")]),
    ("meson", "c", {"meson.build": "project('a', 'c')\nexecutable('a', 'a b.c')\n",
                    "a b.c": "int x = y;\n"}, [("a b.c:1:9", "undeclared")]),
    ("meson", "c", {"meson.build": "project('a', 'c')\nx = y\n"}, [("meson.build:2", "y")]),
    ("cargo", "rust", {"Cargo.toml": CARGO, "src/main.rs": "mod m;\nfn main() { m::f() }\n",
                       "src/m.rs": "pub fn f() {\n    let u = 1;\n    g(1)\n}\n"},
     [("src/m.rs:3:5", "cannot find function `g`")]),
    ("go", "go", {"go.mod": "module example.org/h\n\ngo 1.18\n",
                  "main.go": 'package main\n\nimport "example.org/h/s"\n\nfunc main() { s.F() }\n',
                  "s/s.go": "package s\n\nfunc F() {\n\tG()\n}\n"}, [("s/s.go:4:2", "G")]),
    ("mvn", "java", {"pom.xml": POM, "src/main/java/A.java": "class A {\n int f = x;\n}\n"},
     [("src/main/java/A.java:2:10", "cannot find symbol")]),
    ("tsc", "typescript", {"tsconfig.json": "{}", "a.ts": "let x: number = 'a'\nx = y\n"},
     [("a.ts:1:5", "not assignable"), ("a.ts:2:5", "'y'")]),
    ("dune", "ocaml", {"dune-project": "(lang dune 2.0)\n", "dune": "(executable (name main))",
                       "main.ml": "let x = 3\nlet () = print_string x\n"},
     [("main.ml:2:23", "This expression has type int")]),
    ("gfortran", "fortran", {"main.f90": "program a\nimplicit none\n  x = 3\nend program\n"},
     [("main.f90:3:3", "no IMPLICIT type")]),
    ("fpc", "pascal", {"main.pas": "program a;\nbegin\n  x := 3;\nend.\n"},
     [("main.pas:3:3", "Identifier not found")]),
    ("nim", "nim", {"main.nim": "let a = 3\necho b\n"}, [("main.nim:2:6", "undeclared")]),
    ("ldc2", "d", {"main.d": "void main() {\n  int x = y;\n}\n"}, [("main.d:2:11", "undefined")]),
    ("gnatmake", "ada", {"main.adb": "procedure Main is\nbegin\n  X := 3;\nend Main;\n"},
     [("main.adb:3:3", "undefined")]),
    ("ghc", "haskell", {"Main.hs": "main = do\n  putStrLn x\n"}, [("Main.hs:2:12", "x")]),
    ("javac", "java", {"A.java": "class A {\n  int f() { return x; }\n}\n"},
     [("A.java:2", "cannot find symbol")]),
    ("python3", "python", {"a.py": "import b\n", "b.py": "def f():\n  pass\nf(1)\n"},
     [("b.py:3", "takes 0 positional")]),
]  # fmt: skip
# How languages that have no build of their own are asked to compile.
ASKED = {"ghc": "ghc Main.hs", "javac": "javac A.java", "python3": "python3 a.py"}


@pytest.mark.parametrize(
    ("tool", "language", "files", "errors"), BROKEN, ids=[f"{b[0]}-{[*b[2]][-1]}" for b in BROKEN]
)
def test_errors_are_links(
    project: Callable[..., Kernel],
    tool: str,
    language: str,
    files: dict[str, str],
    errors: list[tuple[str, str]],
) -> None:
    require_tool(tool)
    kernel = project(language, files)
    cell = kernel.client.cell(f"%build {ASKED.get(tool, '')}", timeout=180)
    assert cell.error["ename"] == "BuildFailed", cell
    plain = cell.displays[0]["text/plain"].splitlines()
    shown = links(cell)
    assert [text for text, _ in shown] == [place for place, _ in errors]
    for (place, word), line, (_, target) in zip(errors, plain, shown, strict=True):
        assert line.startswith(f"{place}: ")
        assert word in line
        # JupyterLab counts lines from 0 there.
        file, number = place.split(":")[:2]
        assert target == f"{file}#line={int(number) - 1}"
    assert cell.types.index("display_data") < cell.types.index("error")


def test_links_are_seen_from_the_notebook_and_lead_into_the_project_alone(
    project: Callable[..., Kernel], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.h"
    elsewhere.write_text("int x = y;\n")
    text = f'#include "{elsewhere}"\nint <b>;\n'
    kernel = project("c", {"sub/a&b.c": text})
    kernel.client.cell("%cd sub")
    cell = kernel.client.cell("%build cc -c 'a&b.c'; false")
    assert links(cell) == [("sub/a&b.c:2:5", "sub/a&b.c#line=1")]
    html = cell.displays[0]["text/html"]
    assert "<b>" not in html
    assert "a&amp;b.c:2:5" in html


def test_a_thousand_errors_are_shown_in_part(bash_in: Kernel) -> None:
    (bash_in.folder / "a.c").touch()
    script = 'for i in {1..1000}; do echo "a.c:$i:1: error: x" >&2; done; false'
    (bash_in.folder / "script.sh").write_text(script)
    cell = bash_in.client.cell("%build bash script.sh")
    assert len(links(cell)) == 50
    assert cell.displays[0]["text/plain"].endswith("\n[950 more]")
    assert cell.stderr.count("error: x") == 1000


def test_what_succeeds_shows_no_links(bash_in: Kernel) -> None:
    (bash_in.folder / "a.c").touch()
    cell = bash_in.client.cell("%build echo 'a.c:1:1: error: x' >&2")
    assert (cell.status, cell.displays) == ("ok", [])
