"""Languages whose cells are whole programs: what they say of that, and projects in them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from client import Kernel
from conftest import require
from test_cli import command

from kernel_runner.languages import LANGUAGES, runner_class
from kernel_runner.program_runner import ProgramRunner
from kernel_runner.script_runner import ScriptRunner

COMPILED = [name for name in LANGUAGES if issubclass(runner_class(name), ProgramRunner)]
SCRIPTS = [name for name in LANGUAGES if issubclass(runner_class(name), ScriptRunner)]
PROGRAMS = [*COMPILED, *SCRIPTS]
# Projects that print 42, and in which the main file is not the first.
PROJECTS = {
    "fortran": {
        "a_main.f90": "program main\n    use numbers\n    print '(i0)', answer\nend program\n",
        "b_numbers.f90": "module numbers\n    use parts, only: half\n"
        "    integer, parameter :: answer = 2 * half\nend module\n",
        "c_parts.f90": "module parts\n    integer, parameter :: half = 21\nend module\n",
    },
    "zig": {
        "numbers.zig": "pub const answer = 42;\n",
        "show.zig": 'const std = @import("std");\nconst numbers = @import("numbers.zig");\n'
        "pub fn main(init: std.process.Init) !void {\n    var buffer: [16]u8 = undefined;\n"
        '    const text = try std.fmt.bufPrint(&buffer, "{d}\\n", .{numbers.answer});\n'
        "    try std.Io.File.stdout().writeStreamingAll(init.io, text);\n}\n",
    },
    "assembly": {
        "answer.S": "#define HALF 21\n    .globl answer\nanswer: mov $(2 * HALF), %eax\n    ret\n",
        "show.s": "    .globl main\nmain:\n    push %rbp\n    call answer\n    mov %eax, %esi\n"
        "    mov $format, %edi\n    xor %eax, %eax\n    call printf\n    xor %eax, %eax\n"
        '    pop %rbp\n    ret\nformat: .asciz "%d\\n"\n',
    },
    "nasm": {
        "answer.asm": "    global answer\nanswer: mov eax, 42\n    ret\n",
        "show.asm": "    global main\n    extern answer, printf\nmain:\n    push rbp\n"
        "    call answer\n    mov esi, eax\n    mov rdi, format\n    xor eax, eax\n"
        "    call printf\n    xor eax, eax\n    pop rbp\n    ret\nformat: db `%d\\n`, 0\n",
    },
    "objectivec": {
        "numbers.h": "int answer(void);\n",
        "half.c": "int half(void) { return 21; }\n",
        "numbers.m": '#import "numbers.h"\nint half(void);\n'
        "int answer(void) { return 2 * half(); }\n",
        "show.m": '#import <Foundation/Foundation.h>\n#import "numbers.h"\n'
        'int main(void) {\n    printf("%d\\n", answer());\n    return 0;\n}\n',
    },
    "vala": {
        "numbers.vala": "namespace Numbers {\n    public int answer () { return 42; }\n}\n",
        "show.vala": 'void main () {\n    print ("%d\\n", Numbers.answer ());\n}\n',
    },
    "cobol": {
        "answer.cob": "identification division.\nprogram-id. answer.\ndata division.\n"
        "linkage section.\n01 result pic 99.\nprocedure division using result.\n"
        "    move 42 to result\n    goback.\n",
        "main.cob": "identification division.\nprogram-id. show.\ndata division.\n"
        "working-storage section.\n01 result pic 99.\nprocedure division.\n"
        '    call "answer" using result\n    display result\n    stop run.\n',
    },
    "awk": {
        "numbers.awk": "function answer() { return 42 }\n",
        "main.awk": '@include "numbers.awk"\nBEGIN { print answer() }\n',
    },
    "maxima": {
        "numbers.mac": "answer: 42$\n",
        "main.mac": 'load("./numbers.mac")$\nprintf(true, "~d~%", answer)$\n',
    },
    "pari": {
        "numbers.gp": "answer() = 42;\n",
        "main.gp": 'read("numbers.gp");\nprint(answer())\n',
    },
    "raku": {
        "answer.raku": "6 * 7\n",
        "main.raku": "say EVALFILE 'answer.raku';\n",  # a module would leave what it is compiled to
    },
    "erlang": {
        "numbers.erl": "-module(numbers).\n-export([answer/0]).\nanswer() -> 42.\n",
        "main.erl": "#!/usr/bin/env escript\nmain(_) ->\n"
        '    {ok, numbers, Code} = compile:file("numbers", [binary]),\n'
        '    {module, numbers} = code:load_binary(numbers, "numbers.erl", Code),\n'
        '    io:format("~b~n", [numbers:answer()]).\n',
    },
    "forth": {
        "numbers.fs": ": answer 42 ;\n",
        "main.fs": "include numbers.fs\nanswer 0 .r cr\n",
    },
    "gap": {
        "numbers.g": "answer := 42;\n",
        "main.g": 'Read("numbers.g");\nPrint(answer, "\\n");\n',
    },
    "brainfuck": {
        "answer.bf": f"not this one {'+' * 65}.",
        "main.bf": f"[-]{'+' * 52}.--.[-]{'+' * 10}.",
    },
    "bc": {
        "answer.bc": 'print "not this one"\n',
        "main.bc": "define answer() {\n    return 6 * 7\n}\nanswer()\n",
    },
    "sml": {
        "numbers.sml": "val answer = 42\n",
        "main.sml": 'use "numbers.sml";\nprint (Int.toString answer ^ "\\n");\n',
    },
    "algol68": {
        "numbers.a68": "INT answer = 42;\n",
        "main.a68": 'PR read "numbers.a68" PR\nprint((whole(answer, 0), newline))\n',
    },
    "pascal": {
        "numbers.pas": "unit numbers;\ninterface\nconst answer = 42;\nimplementation\nend.\n",
        "main.pas": "uses numbers;\nbegin\n    writeln(answer);\nend.\n",
    },
    "ada": {
        "numbers.ads": "package Numbers is\n   function Answer return String;\nend Numbers;\n",
        "numbers.adb": "package body Numbers is\n"
        '   function Answer return String is ("42");\nend Numbers;\n',
        "show.adb": "with Ada.Text_IO;\nwith Numbers;\nprocedure Show is\nbegin\n"
        "   Ada.Text_IO.Put_Line (Numbers.Answer);\nend Show;\n",
    },
    "d": {
        "parts/half.d": "module parts.half;\nenum half = 21;\n",
        "show.d": "import parts.half, std.stdio;\nvoid main() { writeln(2 * half); }\n",
    },
    "csharp": {
        "Numbers.cs": "static class Numbers { public const int Answer = 42; }\n",
        "Show.cs": "using System;\nstatic class Show {\n"
        "    static void Main() { Console.WriteLine(Numbers.Answer); }\n}\n",
    },
    "nim": {
        "numbers.nim": "const answer* = 42\n",
        "main.nim": "import numbers\necho answer\n",
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project."""
    folder = tmp_path / "a project"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_banner_says_that_nothing_is_kept(
    shared: Callable[[str], Kernel], language: str
) -> None:
    banner = shared(language).client.ask("kernel_info_request").content["banner"]
    assert "Each cell is a whole program" in banner


@pytest.mark.parametrize("language", PROJECTS)
def test_a_project_is_built_run_and_cleaned(project: Path, language: str) -> None:
    require(language)
    for name, text in PROJECTS[language].items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    done = command("run", language, str(project))
    assert (done.stdout.decode().strip(), done.returncode) == ("42", 0), done.stderr
    assert b"\x1b" not in done.stderr
    command("run", language, str(project), "--clean", "*", "--build", "", "--exec", "")
    left = [str(path.relative_to(project)) for path in project.rglob("*") if path.is_file()]
    assert sorted(left) == sorted(PROJECTS[language])


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_single_file_leaves_nothing_beside_it(project: Path, language: str) -> None:
    require(language)
    class_ = runner_class(language)
    source = project / f"hello{class_.language.suffix}"
    source.write_text(class_.samples["hello"][0].code)
    done = command("run", language, str(source))
    assert (done.stdout, done.returncode) == (b"hello, world\n", 0), done.stderr
    assert os.listdir(project) == [source.name]


@pytest.mark.parametrize("language", COMPILED)
def test_a_broken_file_is_told(project: Path, language: str) -> None:
    require(language)
    class_ = runner_class(language)
    source = project / f"broken{class_.language.suffix}"
    source.write_text(class_.samples["error"][0].code)
    done = command("run", language, str(source))
    assert done.returncode == 127
    assert source.name.encode() in done.stderr
    assert b"\x1b" not in done.stderr


def test_two_programs_are_one_too_many(project: Path) -> None:
    require("ada")
    for name in ("one", "two"):
        (project / f"{name}.adb").write_text(f"procedure {name} is\nbegin\n   null;\nend {name};\n")
    done = command("run", "ada", str(project))
    assert done.returncode == 2
    assert b"one.adb and two.adb could all be the main file" in done.stderr


def test_modules_that_use_each_other_are_told(project: Path) -> None:
    require("fortran")
    for name, other in (("a", "b"), ("b", "a")):
        (project / f"{name}.f90").write_text(f"module {name}\n    use {other}\nend module\n")
    (project / "main.f90").write_text("program main\n    use a\nend program\n")
    done = command("run", "fortran", str(project))
    assert done.returncode == 2
    assert b"use each other" in done.stderr


def test_a_position_names_the_cell_that_runs(shared: Callable[[str], Kernel]) -> None:
    """Though what an earlier cell has built is the same program."""
    client = shared("fortran").client
    code = "integer :: a(2), i\ni = 3\na(i) = 1"
    for cell in (client.cell(code), client.cell(code)):
        assert f"In[{cell.content['execution_count']}]\n" in cell.stderr


@pytest.mark.parametrize(("language", "name"), [("assembly", "start.S"), ("nasm", "start.asm")])
def test_a_program_may_have_a_start_of_its_own(project: Path, language: str, name: str) -> None:
    require(language)
    (project / name).write_text(runner_class(language).samples["hello"][1].code + "\n")
    for path in (project, project / name):
        done = command("run", language, str(path))
        assert (done.stdout, done.returncode) == (b"hello, world\n", 5), done.stderr


def test_a_script_has_its_arguments(project: Path) -> None:
    require("awk")
    script = project / "show.awk"
    script.write_text("BEGIN { for (n = 1; n < ARGC; n++) print ARGV[n] }\n")
    arguments = ["a b", '"', "größe", "-x", "--version"]
    done = command("run", "awk", str(script), "--", *arguments)
    assert done.stdout.decode().splitlines() == arguments
