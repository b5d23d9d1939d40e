"""Batch mode and the other cell commands."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from client import Client, Kernel

MAKEFILE = "prog: prog.c\n\tcc -o prog prog.c\nclean:\n\trm -f prog\n"
PROGRAM = '#include <stdio.h>\nint main(int n, char **v) { printf("%d %s\\n", n, v[n - 1]); }\n'


@pytest.fixture
def project(shared: Callable[[str], Kernel]) -> Iterator[Kernel]:
    """The C kernel, in a project's folder that is emptied afterwards."""
    kernel = shared("c")
    yield kernel
    for path in kernel.folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def write(kernel: Kernel, name: str, text: str) -> None:
    (kernel.folder / name).write_text(text)


# -- %%file, %clean, %build, %exec, %run -----------------------------------------------------------


def test_file_writes_the_rest_of_the_cell(project: Kernel) -> None:
    cell = project.client.cell("%%file 'two words.txt'\n%build\nžluť\n\nlast")
    assert cell.status == "ok"
    assert (project.folder / "two words.txt").read_text() == "%build\nžluť\n\nlast\n"


def test_file_into_new_folders_and_where_it_cannot(bash: Client, tmp_path: Path) -> None:
    assert bash.cell(f"%%file {tmp_path}/a/b/c.txt\nx").status == "ok"
    assert (tmp_path / "a/b/c.txt").read_text() == "x\n"
    failed = bash.cell(f"%%file {tmp_path}/a/b/c.txt/d\nx")
    assert failed.error["ename"] == "CommandError"
    assert "cannot be written" in failed.error["evalue"]


def test_sources_are_built_and_run_without_a_script(project: Kernel) -> None:
    project.client.cell(f"%%file one.c\n{PROGRAM}")
    build = project.client.cell("%build")
    assert build.status == "ok"
    assert "no build script" in build.stderr
    assert project.client.cell("%exec").stdout.startswith("1 ")
    assert project.client.cell("%run 'a b' -x žluť").stdout == "4 žluť\n"
    assert project.client.cell("%clean").status == "ok"
    assert not [path for path in project.folder.iterdir() if path.suffix != ".c"]
    assert "Nothing to run" in project.client.cell("%exec").error["evalue"]


def test_a_makefile_is_found(project: Kernel) -> None:
    write(project, "Makefile", MAKEFILE)
    write(project, "prog.c", PROGRAM)
    built = project.client.cell("%build")
    assert "make: make" in built.stderr
    assert (project.folder / "prog").exists()
    assert project.client.cell("%exec ./prog one two").stdout == "3 two\n"
    project.client.cell("%clean")
    assert not (project.folder / "prog").exists()


def test_a_command_in_place_of_the_heuristic(project: Kernel) -> None:
    assert project.client.cell("%build echo built > here; cat here").stdout == "built\n"
    failed = project.client.cell("%exec exit 3")
    assert failed.error["ename"] == "ExitCode"
    assert failed.receipt["exit_code"] == 3


def test_a_failed_build_runs_nothing(project: Kernel) -> None:
    write(project, "broken.c", "int main(void) { return x; }")
    cell = project.client.cell("%run")
    assert cell.error["ename"] == "BuildFailed"
    assert "broken.c:1" in cell.output
    assert cell.receipt["exit_code"] == 127


# -- the same by metadata --------------------------------------------------------------------------


def test_a_batch_request(project: Kernel) -> None:
    write(project, "Makefile", MAKEFILE)
    write(project, "prog.c", PROGRAM)
    done = project.client.batch(clean="*", build="*", exec="./prog x")
    assert (done.status, done.receipt["exit_code"]) == ("ok", 0)
    assert done.stdout.endswith("2 x\n")


def test_arguments_arrive_as_they_are(project: Kernel) -> None:
    write(project, "prog.c", PROGRAM)
    awkward = "a 'b' \"c\" $HOME *"
    done = project.client.batch(build="*", exec="*", args=["-n", "--", awkward])
    assert done.stdout == f"4 {awkward}\n"


@pytest.mark.parametrize(
    ("language", "name", "text"),
    [
        ("lisp", "main.lisp", '(format t "~a~%" (car (last sb-ext:*posix-argv*)))'),
        ("scheme", "main.scm", "(display (cadr (command-line))) (newline)"),
    ],
)
def test_the_main_file_is_run_as_a_script(
    shared: Callable[[str], Kernel], language: str, name: str, text: str
) -> None:
    kernel = shared(language)
    write(kernel, name, text)
    done = kernel.client.batch(exec="*", args=["a b"])
    assert (done.status, done.stdout) == ("ok", "a b\n")


def test_an_empty_step_is_skipped(project: Kernel) -> None:
    done = project.client.batch(clean="", build="", exec="echo only")
    assert done.stdout == "only\n"


@pytest.mark.parametrize(
    ("steps", "name", "code"),
    [
        ({"build": "exit 2", "exec": "echo never"}, "BuildFailed", 127),
        ({"build": "exit 2"}, "BuildFailed", 2),
        ({"exec": "exit 9"}, "ExitCode", 9),
        ({"exec": "kill -TERM $$"}, "Signal", 143),
    ],
)
def test_exit_codes_reach_the_reply(
    bash: Client, steps: dict[str, str], name: str, code: int
) -> None:
    done = bash.batch(**steps)
    assert (done.status, done.content["ename"]) == ("error", name)
    assert done.receipt["exit_code"] == code
    assert "never" not in done.output


@pytest.mark.parametrize(
    "steps",
    [{"builds": "*"}, {"build": 5}, {"exec": "*", "args": "x"}, {"exec": "*", "args": [1]}],
)
def test_a_batch_request_that_makes_no_sense(bash: Client, steps: dict[str, object]) -> None:
    done = bash.batch(**steps)
    assert (done.status, done.content["ename"]) == ("error", "BatchError")
    assert bash.cell("echo alive").stdout == "alive\n"


def test_batch_requests_and_cells_share_the_queue(bash: Client) -> None:
    first = bash.execute("sleep 0.3; echo first")
    batch = bash.execute("", metadata={"kernel_runner": {"exec": "echo second"}})
    third = bash.cell("echo third")
    bash.finish(batch)
    assert first.replied < batch.replied < third.replied
    assert [first.stdout, batch.stdout, third.stdout] == ["first\n", "second\n", "third\n"]


# -- other commands --------------------------------------------------------------------------------


def test_shell_commands(c: Client, shared: Callable[[str], Kernel]) -> None:
    assert c.cell("%sh echo $((6 * 7)); echo oops >&2").output in ("42\noops\n", "oops\n42\n")
    assert c.cell("%sh exit 5").receipt["exit_code"] == 5
    assert shared("git").client.cell("!echo bang").stdout == "bang\n"


@pytest.mark.parametrize(
    ("language", "show_directory", "show_variable"),
    [
        ("bash", "pwd", "echo $SHOWN"),
        ("nodejs", "console.log(process.cwd())", "console.log(process.env.SHOWN)"),
        ("c", "%sh pwd", "%sh echo $SHOWN"),
    ],
)
def test_directory_and_environment(
    shared: Callable[[str], Kernel],
    tmp_path: Path,
    language: str,
    show_directory: str,
    show_variable: str,
) -> None:
    client = shared(language).client
    assert client.cell(f"%cd {tmp_path}\n{show_directory}").stdout == f"{tmp_path}\n"
    assert client.cell(show_directory).stdout == f"{tmp_path}\n"
    assert client.cell("%sh pwd").stdout == f"{tmp_path}\n"
    assert client.cell("%env SHOWN='a b'").status == "ok"
    assert client.cell(show_variable).stdout == "a b\n"
    assert client.cell("%env SHOWN").stdout == "SHOWN=a b\n"
    failed = client.cell(f"%cd {tmp_path}/nowhere")
    assert failed.error["ename"] == "CommandError"


def test_reset_forgets_the_state(bash: Client) -> None:
    bash.cell("kept=1")
    assert bash.cell("%reset\necho [$kept]").stdout == "[]\n"


def test_flags(c: Client) -> None:
    code = "#include <stdio.h>\nint main(void) { puts(NAME); }\n"
    assert c.cell(code).error["ename"] == "BuildFailed"
    assert c.cell(f"%flags -DNAME='\"flagged\"'\n{code}").stdout == "flagged\n"
    assert "-DNAME" in c.cell("%flags").stderr
    assert c.cell(f"%opt -DNAME='\"again\"'\n{code}").stdout == "again\n"
    c.cell("%flags -O1")


def test_help_lists_what_there_is(bash: Client, c: Client) -> None:
    assert "%build" in bash.cell("%help").stdout
    assert "%flags" not in bash.cell("%help").stdout
    assert "%flags" in c.cell("%help").stdout


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [
        ("bash", "! false", None),  # a negated command
        ("nodejs", "!true", None),  # an expression
        ("python", "%cd /nowhere/at/all", None),  # IPython's own, which only prints
        ("python", "!false", None),  # IPython's own
        ("nodejs", "%opt = (5)", "SyntaxError"),  # the form of %opt is another, and not here
        ("bash", "%frobnicate", "ExitCode"),
    ],
)
def test_what_is_no_command_belongs_to_the_language(
    shared: Callable[[str], Kernel], language: str, code: str, name: str | None
) -> None:
    assert shared(language).client.cell(code).error.get("ename") == name
