"""Projects of many build systems, from the command line and from a notebook."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from client import Kernel, assert_gone, marked
from conftest import require, require_tool

COMMAND = str(Path(sys.executable).parent / "kernel-runner")
AWKWARD = ("a b", "'\"", "žluť", "-x")
SHOWN = "".join(f"<{word}>" for word in AWKWARD)
C = """#include <stdio.h>
int main(int count, char **words) {
    for (int i = 1; i < count; i++) printf("<%s>", words[i]);
    puts("");
    return 3;
}
"""
PERL = 'use Hello; print Hello::framed(@ARGV), "\\n"; exit 3;\n'
JAVASCRIPT = """console.log(process.argv.slice(2).map(word => `<${word}>`).join(""))
process.exit(3)
"""
JAVA = """public class Hello {
    public static void main(String[] words) {
        for (String word : words) System.out.print("<" + word + ">");
        System.out.println();
        System.exit(3);
    }
}
"""
CABAL = """cabal-version: 2.0
name: hello
version: 0.1
build-type: Simple
executable hello
  main-is: Main.hs
  build-depends: base
  default-language: Haskell2010
"""
HASKELL = """import System.Environment
import System.Exit
import System.IO
main :: IO ()
main = do
  hSetEncoding stdout utf8
  arguments <- getArgs
  putStrLn (concatMap (\\word -> "<" ++ word ++ ">") arguments)
  exitWith (ExitFailure 3)
"""
PYTHON = """import sys
def main():
    print("".join(f"<{word}>" for word in sys.argv[1:]))
    sys.exit(3)
"""


@dataclass(frozen=True)
class Project:
    """A language's project: the tool that it needs, its files, and what tells a compilation."""

    name: str
    language: str
    tool: str
    files: dict[str, str]
    compiles: str = ""


PROJECTS = (
    Project(
        "make",
        "c",
        "make",
        {"Makefile": "hello: hello.c\n\tcc -o $@ $<\n", "hello.c": C},
        compiles="cc -o",
    ),
    Project(
        "cmake",
        "c",
        "cmake",
        {
            "CMakeLists.txt": "cmake_minimum_required(VERSION 3.10)\nproject(hello C)\n"
            "add_executable(hello hello.c)\n",
            "hello.c": C,
        },
        compiles="Building C object",
    ),
    Project(
        "meson",
        "c",
        "meson",
        {"meson.build": "project('hello', 'c')\nexecutable('hello', 'hello.c')\n", "hello.c": C},
        compiles="Compiling C object",
    ),
    Project(
        "ninja",
        "c",
        "ninja",
        {
            "build.ninja": "rule cc\n command = cc -o $out $in\nbuild hello: cc hello.c\n",
            "hello.c": C,
        },
        compiles="cc -o",
    ),
    Project(
        "autotools",
        "c",
        "autoreconf",
        {
            "configure.ac": "AC_INIT([hello], [1])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\n"
            "AC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n",
            "Makefile.am": "bin_PROGRAMS = hello\nhello_SOURCES = hello.c\n",
            "hello.c": C,
        },
        compiles="-c -o hello.o",
    ),
    Project(
        "cargo",
        "rust",
        "cargo",
        {
            "Cargo.toml": '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/main.rs": "fn main() {\n    let words: Vec<String> = std::env::args().skip(1)\n"
            '        .map(|word| format!("<{word}>")).collect();\n'
            '    println!("{}", words.concat());\n    std::process::exit(3)\n}\n',
        },
        compiles="Compiling",
    ),
    Project(
        "go",
        "go",
        "go",
        {
            "go.mod": "module example.org/hello\n\ngo 1.18\n",
            "main.go": 'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nfunc main() {\n'
            '\tfor _, word := range os.Args[1:] {\n\t\tfmt.Printf("<%s>", word)\n\t}\n'
            "\tfmt.Println()\n\tos.Exit(3)\n}\n",
        },
    ),
    Project(
        "dune",
        "ocaml",
        "dune",
        {
            "dune-project": "(lang dune 2.0)\n",
            "dune": "(executable (name hello))\n",
            "hello.ml": 'let () = Array.iteri (fun i word -> if i > 0 then Printf.printf "<%s>" '
            "word) Sys.argv; print_newline (); exit 3\n",
        },
    ),
    Project(
        "cabal",
        "haskell",
        "cabal",
        {
            "hello.cabal": CABAL,
            "Main.hs": HASKELL,
        },
        compiles="Compiling Main",
    ),
    Project(
        "npm",
        "nodejs",
        "npm",
        {
            "package.json": '{"name": "hello", "scripts": {"build": "cp source.js built.js", '
            '"start": "node built.js"}}',
            "source.js": JAVASCRIPT,
        },
    ),
    Project(
        "pip",
        "python",
        "python3",
        {
            "requirements.txt": "./library\n",
            "library/setup.py": "from setuptools import setup\n"
            "setup(name='framed', version='1', py_modules=['framed'])\n",
            "library/framed.py": "def framed(words): return ''.join(f'<{w}>' for w in words)\n",
            "main.py": "import sys\nfrom framed import framed\nprint(framed(sys.argv[1:]))\n"
            "sys.exit(3)\n",
        },
        compiles="Installing collected packages",
    ),
    Project(
        "bundler",
        "ruby",
        "bundle",
        {
            "Gemfile": "",
            "main.rb": 'puts ARGV.map { |word| "<#{word}>" }.join\nexit 3\n',
        },
    ),
    Project(
        "composer",
        "php",
        "composer",
        {
            "composer.json": '{"autoload": {"files": ["framed.php"]}}',
            "framed.php": "<?php\nfunction framed($words) "
            '{ return implode("", array_map(fn($w) => "<$w>", $words)); }\n',
            "main.php": "<?php\nrequire 'vendor/autoload.php';\n"
            'echo framed(array_slice($argv, 1)), "\\n";\nexit(3);\n',
        },
        compiles="Generating autoload files",
    ),
    Project(
        "Makefile.PL",
        "perl",
        "make",
        {
            "Makefile.PL": "use ExtUtils::MakeMaker;\nWriteMakefile(NAME => 'Hello', "
            "VERSION_FROM => 'lib/Hello.pm');\n",
            "lib/Hello.pm": "package Hello;\nour $VERSION = '1';\n"
            "sub framed { join '', map { \"<$_>\" } @_ }\n1;\n",
            "main.pl": PERL,
        },
        compiles="cp lib/Hello.pm",
    ),
    Project(
        "mix",
        "elixir",
        "mix",
        {
            "mix.exs": "defmodule Hello.MixProject do\n  use Mix.Project\n\n"
            '  def project, do: [app: :hello, version: "0.1.0"]\nend\n',
            "lib/hello.ex": "defmodule Hello do\n  def main(words) do\n"
            '    IO.puts(Enum.map(words, &"<#{&1}>"))\n    System.halt(3)\n  end\nend\n',
        },
        compiles="Compiling 1 file",
    ),
    Project(
        "maven",
        "java",
        "mvn",
        {
            "pom.xml": '<project xmlns="http://maven.apache.org/POM/4.0.0">'
            "<modelVersion>4.0.0</modelVersion>"
            "<groupId>org.example</groupId><artifactId>hello</artifactId><version>1</version>"
            "<properties><maven.compiler.source>17</maven.compiler.source>"
            "<maven.compiler.target>17</maven.compiler.target>"
            "<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>"
            "</project>\n",
            "src/main/java/org/example/Hello.java": f"package org.example;\n{JAVA}",
        },
        compiles="Compiling 1 source file",
    ),
    Project(
        "gradle",
        "java",
        "gradle",
        {"build.gradle": "apply plugin: 'java'\n", "src/main/java/Hello.java": JAVA},
        compiles=":compileJava\n",
    ),
    Project(
        "tsc",
        "typescript",
        "tsc",
        {
            "tsconfig.json": '{"compilerOptions": {"outDir": "built", "target": "es2020", '
            '"module": "commonjs"}, "include": ["src"]}\n',
            "src/main.ts": f"declare const process: any\n{JAVASCRIPT}",
        },
    ),
    Project(
        "rebar",
        "elixir",
        "rebar3",
        {
            "rebar.config": "{escript_name, hello}.\n",
            "src/hello.app.src": '{application, hello, [{vsn, "1"}, '
            "{applications, [kernel, stdlib]}]}.\n",
            "src/hello.erl": "-module(hello).\n-export([main/1]).\nmain(Words) ->\n"
            '    io:setopts([{encoding, unicode}]),\n    [io:format("<~ts>", [W]) || W <- Words],\n'
            "    io:nl(),\n    halt(3).\n",
        },
    ),
    Project(
        "nimble",
        "nim",
        "nimble",
        {
            "hello.nimble": 'version = "0.1.0"\nauthor = "A"\ndescription = "hello"\n'
            'license = "MIT"\nsrcDir = "src"\nbin = @["hello"]\n',
            "src/hello.nim": 'import os\nfor word in commandLineParams(): stdout.write "<", word, '
            '">"\necho ""\nquit(3)\n',
        },
    ),
    Project(
        "dub",
        "d",
        "dub",
        {
            "dub.json": '{"name": "hello", "targetType": "executable"}\n',
            "source/app.d": "import std.stdio;\nint main(string[] words) {\n"
            '    foreach (word; words[1 .. $]) write("<", word, ">");\n    writeln();\n'
            "    return 3;\n}\n",
        },
        compiles="building configuration",
    ),
    Project(
        "stack",
        "haskell",
        "stack",
        {
            "stack.yaml": "resolver: ghc-9.0.2\nsystem-ghc: true\npackages: [.]\n",
            "hello.cabal": CABAL,
            "Main.hs": HASKELL,
        },
        compiles="Compiling Main",
    ),
    Project(
        "setup.py",
        "python",
        "python3",
        {
            "setup.py": "from setuptools import setup\nsetup(name='hello', version='1', "
            "py_modules=['framed'],\n"
            "      entry_points={'console_scripts': ['hello = framed:main']})\n",
            "framed.py": PYTHON,
        },
        compiles="Installing collected packages",
    ),
    Project(
        "pyproject",
        "python",
        "python3",
        {
            "pyproject.toml": '[project]\nname = "hello"\nversion = "1"\n'
            '[project.scripts]\nhello = "framed:main"\n',
            "framed.py": PYTHON,
        },
        compiles="Installing collected packages",
    ),
)


def run(language: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run a project from the command line; the build has a stdin that says yes."""
    return subprocess.run(
        [COMMAND, "run", language, str(folder), *more],
        input="yes\n",
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "LANG": "C.UTF-8"},
        timeout=300,
        check=False,
    )


def write(folder: Path, files: dict[str, str]) -> None:
    """Write a project's files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_a_project_is_built_once_and_run(
    project: Project,
    tmp_path: Path,
    shared: Callable[[str], Kernel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    require(project.language)
    require_tool(project.tool)
    write(tmp_path, {"cabal": "\n"})  # or else cabal would look for others' packages
    monkeypatch.setenv("CABAL_CONFIG", str(tmp_path / "cabal"))
    folder = tmp_path / "a project"
    write(folder, project.files)
    first = run(project.language, folder, "--", *AWKWARD)
    assert (first.stdout, first.returncode) == (f"{SHOWN}\n", 3), first.stderr
    assert project.compiles in first.stderr
    second = run(project.language, folder, "--", *AWKWARD)
    assert (second.stdout, second.returncode) == (f"{SHOWN}\n", 3), second.stderr
    assert not project.compiles or project.compiles not in second.stderr
    client = shared(project.language).client
    assert client.cell(f"%sh test -d '{folder}'").status == "ok"
    client.cell(f"%cd {folder}")
    done = client.batch(build="*", exec="*", args=list(AWKWARD))
    assert (done.content["ename"], done.receipt["exit_code"]) == ("ExitCode", 3), done.output
    assert done.stdout == f"{SHOWN}\n"


def test_a_failed_build_runs_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"Makefile": "all:\n\tfalse\n", "main.py": "print('never')"})
    done = run("python", tmp_path)
    assert (done.returncode, "never" in done.stdout) == (127, False)


def test_a_build_that_asks_finds_the_end_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"Makefile": "all:\n\t@read answer || echo nobody\n"})
    done = run("python", tmp_path, "--exec", "")
    assert (done.stdout, done.returncode) == ("", 0)
    assert done.stderr.endswith("nobody\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_build_that_never_ends_is_ended_whole(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "started")
    # It says that it has started by itself: dash loses a signal in which it just starts a program.
    says_so = "sh -c 'echo started > started; exec sleep 1000'"
    endless = f"(setsid sleep 1000 &); {says_so}; true"
    write(tmp_path, {"Makefile": f'all:\n\t@sh -c "{endless}"\n'})
    monkeypatch.setenv("KERNEL_RUNNER_TEST", str(tmp_path))
    process = subprocess.Popen([COMMAND, "run", "python", str(tmp_path)])
    assert (tmp_path / "started").read_text() == "started\n"
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    assert_gone([other for other in marked(str(tmp_path)) if other.pid != os.getpid()])


def test_the_program_gets_the_stdin_that_the_build_did_not(tmp_path: Path) -> None:
    write(tmp_path, {"Makefile": "all:\n\t@true\n", "main.py": "print(input())"})
    assert run("python", tmp_path).stdout == "yes\n"


def test_a_missing_tool_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"Makefile": "all:\n\ttrue\n", "main.py": "print('never')"})
    monkeypatch.setenv("PATH", str(tmp_path))
    done = run("python", tmp_path)
    sentence = "make needs make, which is not there: `apt-get install make` brings it.\n"
    assert (done.stdout, done.stderr, done.returncode) == ("", sentence, 127)


def test_another_language_s_build_system_is_not_used(tmp_path: Path) -> None:
    write(tmp_path, {"package.json": "{", "Cargo.toml": "", "main.py": "print('here')"})
    done = run("python", tmp_path)
    assert (done.stdout, done.stderr) == ("here\n", "[nothing to build]\n")


def test_a_broken_package_json_is_one_sentence(tmp_path: Path) -> None:
    require("nodejs")
    write(tmp_path, {"package.json": "{"})
    done = run("nodejs", tmp_path)
    assert done.stderr.startswith("package.json cannot be read: ")
    assert (done.stderr.count("\n"), done.returncode) == (1, 2)


# -- the language's own files ----------------------------------------------------------------------


def test_the_main_file_is_found_by_what_is_in_it(tmp_path: Path) -> None:
    guarded = "import other\nif __name__ == '__main__':\n    print(other.name)\n"
    write(tmp_path, {"start.py": guarded, "other.py": "name = 'other'\n"})
    assert run("python", tmp_path).stdout == "other\n"


def test_a_main_file_further_down(tmp_path: Path) -> None:
    write(tmp_path, {"src/tool/__main__.py": "from . import x\nprint(x)\n"})
    write(tmp_path, {"src/tool/__init__.py": "x = 'package'\n"})
    assert run("python", tmp_path).stdout == "package\n"


def test_two_main_files_are_both_named(tmp_path: Path) -> None:
    guarded = "if __name__ == '__main__':\n    pass\n"
    write(tmp_path, {"one.py": guarded, "two.py": guarded, "three.py": ""})
    done = run("python", tmp_path, "--build", "")
    assert done.stderr == "Nothing to run: one.py and two.py could all be the main file.\n"
    assert done.returncode == 2
