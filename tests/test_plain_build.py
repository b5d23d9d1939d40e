"""Projects without a build system: their plain sources, compiled where they are out of date."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from client import Kernel, assert_gone, marked
from conftest import require
from test_build_systems import AWKWARD, COMMAND, SHOWN, run, write

# By language: a main source that shows its arguments, framed by what another source knows, and
# ends with 3; the other lies in a folder of its own.
TREES: dict[str, dict[str, str]] = {
    "ada": {
        "src/start.adb": "with Ada.Text_IO, Ada.Command_Line, Framed;\nprocedure Start is\nbegin\n"
        "   for I in 1 .. Ada.Command_Line.Argument_Count loop\n"
        "      Ada.Text_IO.Put (Framed.Word (Ada.Command_Line.Argument (I)));\n   end loop;\n"
        "   Ada.Text_IO.New_Line;\n   Ada.Command_Line.Set_Exit_Status (3);\nend Start;\n",
        "library/framed.ads": "package Framed is\n   function Word (S : String) return String;\n"
        "end Framed;\n",
        "library/framed.adb": "package body Framed is\n   procedure Nothing is null;\n"
        '   function Word (S : String) return String is ("<" & S & ">");\nend Framed;\n',
    },
    "c": {
        "src/start.c": '#include "framed.h"\n/* int main(void) { */\n'
        "int main(int count, char **words) {\n"
        '    for (int i = 1; i < count; i++) framed(words[i]);\n    puts("");\n    return 3;\n}\n',
        "include/framed.h": "#include <stdio.h>\nvoid framed(const char *word);\n",
        "library/framed.c": "#include <framed.h>\n"
        'void framed(const char *word) { printf("<%s>", word); }\n'
        "#ifdef TEST\nint main(void) { return 1; }\n#endif\n",
        "tests/test.c": "int main(void) { return 1; }\n",
    },
    "cpp": {
        "src/start.cc": '#include "framed.hpp"\nint main(int count, char **words) {\n'
        "    for (int i = 1; i < count; i++) std::cout << framed(words[i]);\n"
        "    std::cout << std::endl;\n    return three();\n}\n",
        "src/framed.hpp": "#include <iostream>\n#include <string>\n"
        "std::string framed(std::string word);\n" + 'extern "C" int three(void);\n',
        "library/framed.cpp": '#include "framed.hpp"\n'
        'std::string framed(std::string word) { return "<" + word + ">"; }\n',
        "library/three.c": "int three(void) { int class = 3; return class; }\n",
    },
    "d": {
        "source/app.d": "import std.stdio, framed.word;\nint main(string[] words) {\n"
        "    foreach (word; words[1 .. $]) write(framed.word.shown(word));\n"
        "    writeln();\n    return 3;\n}\n",
        "source/framed/word.d": "module framed.word;\n"
        'string shown(string word) { return "<" ~ word ~ ">"; }\n',
    },
    "fortran": {
        "src/a.f90": "program start\n  use framed\n  implicit none\n  integer :: i\n"
        "  do i = 1, command_argument_count()\n    call show(i)\n  end do\n  print '(A)', ''\n"
        "  stop 3, quiet=.true.\nend program\n",
        "src/b.f90": "module framed\ncontains\n  subroutine show(i)\n    integer, intent(in) :: i\n"
        "    character(len=99) :: word\n    integer :: length\n"
        "    call get_command_argument(i, word, length)\n"
        "    write (*, '(3A)', advance='no') '<', word(:length), '>'\n  end subroutine\n"
        "end module\n",
    },
    "go": {
        "start.go": 'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {\n'
        "\tfor _, word := range os.Args[1:] {\n\t\tfmt.Print(framed(word))\n\t}\n"
        "\tfmt.Println()\n\tos.Exit(3)\n}\n",
        "framed.go": "package main\n\n"
        'func framed(word string) string {\n\treturn "<" + word + ">"\n}\n',
        "framed_test.go": "package main\n\nvar broken = missing\n",
    },
    "haskell": {
        "app/Start.hs": "module Main (main) where\nimport Data.Framed\nimport System.Environment\n"
        "import System.Exit\nimport System.IO\nmain :: IO ()\nmain = do\n"
        "  hSetEncoding stdout utf8\n  arguments <- getArgs\n"
        "  putStrLn (concatMap framed arguments)\n  exitWith (ExitFailure 3)\n",
        "src/Data/Framed.hs": "module Data.Framed where\nframed :: String -> String\n"
        'framed word = "<" ++ word ++ ">"\n',
    },
    "java": {
        "src/org/example/Start.java": "package org.example;\npublic class Start {\n"
        "    public static void main(String[] words) {\n"
        "        for (String word : words) System.out.print(Framed.word(word));\n"
        "        System.out.println();\n        System.exit(3);\n    }\n}\n",
        "src/org/example/Framed.java": "package org.example;\nclass Framed {\n"
        '    static String word(String word) { return "<" + word + ">"; }\n}\n',
    },
    "kotlin": {
        "src/start.kt": "package org.example\n\nfun main(words: Array<String>) {\n"
        '    println(words.joinToString("") { framed(it) })\n'
        "    kotlin.system.exitProcess(3)\n}\n",
        "src/framed.kt": 'package org.example\n\nfun framed(word: String) = "<$word>"\n',
    },
    "nim": {
        "src/start.nim": "import os, framed\nwhen isMainModule:\n"
        "  for word in commandLineParams(): stdout.write framed(word)\n"
        '  echo ""\n  quit(3)\n',
        "src/framed.nim": 'proc framed*(word: string): string = "<" & word & ">"\n',
    },
    "ocaml": {
        "start.ml": "let () =\n  Array.iteri (fun i word -> if i > 0 then print_string "
        "(Framed.word word)) Sys.argv;\n  print_newline ();\n  exit 3\n",
        "library/framed.ml": 'let word text = "<" ^ text ^ ">"\n',
        "library/framed.mli": "val word : string -> string\n",
    },
    "pascal": {
        "start.pas": "program start;\nuses framed;\nvar i: integer;\nbegin\n"
        "  for i := 1 to paramcount do write(word(paramstr(i)));\n  writeln;\n  halt(3);\nend.\n",
        "units/framed.pas": "unit framed;\ninterface\nfunction word(text: string): string;\n"
        "implementation\nfunction word(text: string): string;\n"
        "begin word := '<' + text + '>' end;\nend.\n",
    },
    "rust": {
        "src/start.rs": "mod framed;\nfn main() {\n"
        "    for word in std::env::args().skip(1) {\n"
        '        print!("{}", framed::framed(&word));\n    }\n    println!();\n'
        "    std::process::exit(3)\n}\n",
        "src/framed.rs": "pub fn framed(word: &str) -> String {\n"
        '    format!("<{word}{}", include_str!("end.txt"))\n}\n',
        "src/end.txt": ">",
    },
}
UP_TO_DATE = "is up to date]"
MARK = "KERNEL_RUNNER_TEST"


def touched(path: Path) -> None:
    """A file is changed, were it only in its time."""
    time = path.stat().st_mtime_ns + 1
    os.utime(path, ns=(time, time))


# -- trees of sources ------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TREES)
def test_a_tree_of_sources_is_compiled_once(
    language: str, tmp_path: Path, shared: Callable[[str], Kernel]
) -> None:
    require(language)
    folder, files = tmp_path / "a project", TREES[language]
    write(folder, files)
    first = run(language, folder, "--", *AWKWARD)
    assert (first.stdout, first.returncode) == (f"{SHOWN}\n", 3), first.stderr
    assert "no build script: compiling" in first.stderr
    second = run(language, folder, "--", *AWKWARD)
    assert (second.stdout, second.returncode) == (f"{SHOWN}\n", 3), second.stderr
    assert UP_TO_DATE in second.stderr
    assert second.stderr.count("\n") == 1
    client = shared(language).client
    client.cell(f"%cd {folder}")
    cell = client.batch(build="*", exec="*", args=list(AWKWARD))
    assert (cell.stdout, cell.receipt["exit_code"]) == (f"{SHOWN}\n", 3), cell.output
    assert UP_TO_DATE in cell.stderr
    assert cell.receipt["cache_hit"] is True
    touched(folder / list(files)[1])
    third = run(language, folder, "--", *AWKWARD)
    assert (third.stdout, third.returncode) == (f"{SHOWN}\n", 3), third.stderr
    assert "no build script: compiling" in third.stderr
    cleaned = run(language, folder, "--clean", "*", "--build", "", "--exec", "")
    assert "removing" in cleaned.stderr
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == set(files)


@pytest.mark.parametrize("language", ["c", "rust", "java", "haskell", "nim"])
def test_a_single_file_is_compiled_once(language: str, tmp_path: Path) -> None:
    require(language)
    write(tmp_path, TREES[language])
    main = tmp_path / next(iter(TREES[language]))
    if language in ("c", "haskell"):  # whose other sources are found elsewhere
        main = tmp_path / f"only{main.suffix}"
        texts = {
            "c": '#include "three.h"\nint main(void) { return THREE; }\n',
            "haskell": "import System.Exit\nmain = exitWith (ExitFailure 3)\n",
        }
        write(tmp_path, {main.name: texts[language], "three.h": "#define THREE 3\n"})
    first = run(language, main)
    assert first.returncode == 3, first.stderr
    assert "compiling" in first.stderr
    second = run(language, main)
    assert second.returncode == 3
    assert UP_TO_DATE in second.stderr
    touched(main if language != "c" else tmp_path / "three.h")
    assert "compiling" in run(language, main).stderr
    assert not (tmp_path / ".kernel_runner").exists()


def test_only_what_is_out_of_date_is_compiled(tmp_path: Path) -> None:
    require("c")
    sources = {f"part{n}.c": f'#include "all.h"\nint part{n} = {n};\n' for n in range(20)}
    main = '#include "all.h"\nint main(void) { return part7 + part9; }\n'
    declarations = "".join(f"extern int part{n};\n" for n in range(20))
    write(tmp_path, {**sources, "main.c": main, "all.h": declarations})
    assert run("c", tmp_path).returncode == 16
    objects = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob(".kernel_runner/*.o")}
    assert len(objects) == 21
    write(tmp_path, {"part7.c": "int part7 = 70;\n"})
    done = run("c", tmp_path)
    assert done.returncode == 79
    assert "compiling part7.c to main" in done.stderr
    now = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob(".kernel_runner/*.o")}
    assert {name for name in now if now[name] != objects[name]} == {"part7.c.o"}
    write(tmp_path, {"all.h": declarations + "\n"})
    assert "compiling 20 of 21 files" in run("c", tmp_path).stderr


def test_other_switches_compile_all_again(tmp_path: Path, home: Path) -> None:
    require("c")
    write(tmp_path, {"main.c": "int main(void) {\n#ifdef N\nreturn N;\n#endif\nreturn 3; }\n"})
    assert run("c", tmp_path).returncode == 3
    config = home / "config" / "kernel_runner_config.py"
    write(config.parent, {config.name: 'c.CRunner.flags = ["-DN=5"]\n'})
    try:
        assert run("c", tmp_path).returncode == 5
        assert UP_TO_DATE in run("c", tmp_path).stderr
    finally:
        config.unlink()
    assert run("c", tmp_path).returncode == 3


@pytest.mark.parametrize(
    ("more", "again"), [({}, "compiling main.c"), ({"more.c": "int more;\n"}, "linking")]
)
def test_a_program_that_is_gone_or_was_changed_is_built_again(
    tmp_path: Path, more: dict[str, str], again: str
) -> None:
    require("c")
    write(tmp_path, {"main.c": "int main(void) { return 3; }\n", **more})
    run("c", tmp_path)
    for change in (Path.unlink, touched):
        change(tmp_path / "main")
        done = run("c", tmp_path)
        assert (done.returncode, again in done.stderr) == (3, True)


def test_what_is_no_program_of_ours_is_not_written_over(tmp_path: Path) -> None:
    require("c")
    write(tmp_path, {"tool.c": "int main(void) { return 3; }\n", "main": "a person's own\n"})
    done = run("c", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1 + done.stderr.startswith("[no"))
    assert "main is there, and was not built here" in done.stderr
    run("c", tmp_path, "--clean", "*", "--build", "", "--exec", "")
    assert (tmp_path / "main").read_text() == "a person's own\n"


def test_a_record_from_elsewhere_removes_nothing(tmp_path: Path) -> None:
    require("c")
    write(tmp_path, {"kept": "kept\n", "project/main.c": "int main(void) { return 3; }\n"})
    entry = '{"key": [], "given": [], "inputs": {}, "made": [0, 0]}'
    record = f'{{"steps": [["../../kept", {entry}], ["{tmp_path}/kept", {entry}]], "run": {{}}}}'
    write(tmp_path, {"project/.kernel_runner/built.json": record})
    project = tmp_path / "project"
    assert run("c", project, "--clean", "*").returncode == 3
    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    "record", ["", "[]", "{}", '{"steps": 5, "run": {}}', '{"steps": [["x"]]}']
)
def test_a_broken_record_only_costs_a_build(tmp_path: Path, record: str) -> None:
    require("c")
    write(tmp_path, {"main.c": "int main(void) { return 3; }\n"})
    write(tmp_path, {".kernel_runner/built.json": record})
    assert run("c", tmp_path).returncode == 3
    assert UP_TO_DATE in run("c", tmp_path).stderr


def test_a_copy_of_a_project_is_one_of_its_own(tmp_path: Path) -> None:
    require("java")
    project, copy = tmp_path / "project", tmp_path / "copy"
    write(project, TREES["java"])
    assert run("java", project).returncode == 3
    shutil.copytree(project, copy)
    write(copy, {"src/org/example/Start.java": TREES["java"]["src/org/example/Start.java"]})
    assert run("java", copy, "--clean", "*", "--", "x").stdout == "<x>\n"
    assert run("java", project, "--build", "", "--", "y").stdout == "<y>\n"


def test_warnings_and_errors_are_whole_and_leave_stdout_alone(tmp_path: Path) -> None:
    require("c")
    broken = "int part(void) {\n    int unused;\n    return missing;\n}\n"
    write(tmp_path, {f"part{n}.c": broken for n in range(8)})
    write(tmp_path, {"main.c": "int main(void) { return 3; }\n"})
    done = run("c", tmp_path)
    assert (done.stdout, done.returncode) == ("", 127)
    assert "3:12: error" in done.stderr
    assert done.stderr.endswith("BuildFailed: The compiler ended with exit code 1.\n")
    assert "\x1b" not in done.stderr


# -- bad input -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "files", "sentence"),
    [
        ("c", {}, "Nothing to build: there is no .c file in {folder}."),
        ("c", {"a.c": "int f;"}, "Nothing to build: a.c has no main function."),
        (
            "c",
            {"a.c": "int f;", "b.c": "int main(void);"},
            "Nothing to build: no source has a main program in it.",
        ),
        (
            "c",
            {"a.c": "int main(void) {}", "b/c.c": "", "d.c": "main(a, b) char **b; {}"},
            "Nothing to build: a.c and d.c could all be the main file: "
            "call it main.c, or run it by its own name.",
        ),
        (
            "rust",
            {"a.rs": "fn main() {}", "b.rs": "fn main() {}"},
            "Nothing to build: a.rs and b.rs could all be the main file: "
            "call it main.rs, or run it by its own name.",
        ),
        (
            "java",
            {f"{x}.java": "public static void main(String[] a)" for x in ("src/A", "src/B")},
            "Nothing to build: src/A.java and src/B.java could all be the main file: "
            "call it main.java, or run it by its own name.",
        ),
        (
            "pascal",
            {"a.pas": "unit a; end.", "b.pas": "unit b; end."},
            "Nothing to build: no source has a main program in it.",
        ),
        (
            "python",
            {},
            "Nothing to run: no main.py or __main__.py or app.py, and there is no .py file.",
        ),
    ],
)  # fmt: skip
def test_no_main_and_two_mains_are_one_sentence(
    language: str, files: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    require(language)
    write(tmp_path, files)
    done = run(language, tmp_path)
    said = done.stderr.removeprefix("[nothing to build]\n")
    assert (said, done.returncode) == (sentence.format(folder=tmp_path) + "\n", 2)
    assert done.stdout == ""


@pytest.mark.parametrize(("language", "name"), [("c", "main.c"), ("python", "main.py")])
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_source_that_cannot_be_read_is_one_sentence(
    language: str, name: str, kind: str, tmp_path: Path
) -> None:
    require(language)
    if kind == "folder":
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).symlink_to("nowhere")
    done = run(language, tmp_path)
    said = done.stderr.removeprefix("[nothing to build]\n")
    assert (said.count("\n"), done.returncode, done.stdout) == (1, 2, ""), said
    assert (f"{name} cannot be read: No such file" if kind == "link" else "there is no") in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_build_that_never_ends_is_ended_whole(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require("c")
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    compiler = f'#!/bin/sh\ntrap "" INT TERM\necho started > {fifo}\nsleep 1000\n'
    write(tmp_path, {"bin/gcc": compiler})
    (tmp_path / "bin/gcc").chmod(0o755)
    write(tmp_path / "project", {f"{name}.c": "int main(void) {}" for name in ("main",)})
    write(tmp_path / "project", {f"part{n}.c": "" for n in range(4)})
    monkeypatch.setenv(MARK, str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    process = subprocess.Popen([COMMAND, "run", "c", str(tmp_path / "project")])
    assert fifo.read_text().startswith("started")
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    assert_gone([other for other in marked(str(tmp_path)) if other.pid != os.getpid()])


def test_a_build_that_never_ends_is_interrupted_in_a_notebook(
    shared: Callable[[str], Kernel], tmp_path: Path
) -> None:
    kernel = shared("c")
    os.mkfifo(tmp_path / "endless.h")
    write(tmp_path, {"main.c": '#include "endless.h"\nint main(void) { return 0; }\n'})
    write(tmp_path, {"part.c": '#include "endless.h"\n'})
    kernel.client.cell(f"%cd {tmp_path}")
    build = kernel.client.execute("%build")
    kernel.client.until(build, "compiling")
    kernel.client.interrupt()
    kernel.client.finish(build)
    assert build.error["ename"] == "Interrupted"


def test_builds_of_one_project_at_once_wait_for_each_other(tmp_path: Path) -> None:
    require("c")
    write(tmp_path, {f"part{n}.c": f"int part{n} = {n};\n" for n in range(6)})
    write(tmp_path, {"main.c": "extern int part5; int main(void) { return part5; }\n"})
    command = [COMMAND, "run", "c", str(tmp_path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [5] * 4, said
    assert sum("no build script: compiling" in text for text in said) == 1


def test_a_thousand_sources(tmp_path: Path) -> None:
    require("pascal")
    units = {
        f"unit{n}.pas": f"unit unit{n};\ninterface\nconst value{n} = {n};\nimplementation\nend.\n"
        for n in range(1000)
    }
    write(tmp_path, {**units, "start.pas": "uses unit999; begin halt(value999 mod 256) end."})
    assert run("pascal", tmp_path).returncode == 999 % 256
    assert UP_TO_DATE in run("pascal", tmp_path).stderr


def test_python_is_not_asked_to_compile(tmp_path: Path) -> None:
    write(tmp_path, {"main.py": f"import sys; sys.exit({sys.version_info.major})"})
    done = run("python", tmp_path)
    assert (done.stderr, done.returncode) == ("[nothing to build]\n", 3)
    assert not (tmp_path / ".kernel_runner").exists()


def test_a_missing_compiler_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"main.pas": "begin end."})
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("pascal", tmp_path)
    assert done.stderr.startswith("Pascal needs fpc, which is not there: ")
    assert (done.stdout, done.stderr.count("\n"), done.returncode) == ("", 1, 127)


def test_a_program_that_ends_by_a_signal(tmp_path: Path) -> None:
    require("c")
    write(tmp_path, {"main.c": "#include <signal.h>\nint main(void) { raise(SIGSEGV); }\n"})
    done = run("c", tmp_path)
    assert done.returncode == 128 + signal.SIGSEGV
    assert done.stderr.endswith("Signal: The program was ended by SIGSEGV.\n")
