"""The command line as a person at a terminal, a pipe or a script sees it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pexpect
import psutil
import pytest
from client import assert_gone, marked
from conftest import require

import kernel_runner

COMMAND = str(Path(sys.executable).parent / "kernel-runner")
MARK = "KERNEL_RUNNER_TEST"
AWKWARD = ["", "a b", "'", '"', "$HOME", "*", "-x", "--", "--clean", "naïve ☃", "two\nlines", "\\"]
SHOW_ARGUMENTS = "import json, sys; print(json.dumps(sys.argv[1:]))"
# Counts the SIGINTs that it gets within a second, and tells by its exit code.
COUNT_INTERRUPTS = """
import signal, sys, time
count = 0
def handler(number, frame):
    global count
    count += 1
signal.signal(signal.SIGINT, handler)
print("ready", flush=True)
deadline = time.monotonic() + 30
while not count and time.monotonic() < deadline:
    time.sleep(0.02)
time.sleep(0.3)
sys.exit(40 + count)
"""
# Becomes three processes, two of which have left its session.
DAEMONS = """
import os, time
ready, ready_write = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.fork()
    os.write(ready_write, b"!")
else:
    assert sum(len(os.read(ready, 1)) for _ in range(2)) == 2
    print("ready", flush=True)
time.sleep(60)
"""
SLEEP = "import time; print('ready', flush=True); time.sleep(60)"


def command(
    *arguments: str, input: bytes = b"", env: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    return subprocess.run(
        [COMMAND, *arguments],
        input=input,
        capture_output=True,
        env={**os.environ, **(env or {})},
        timeout=60,
        check=False,
        **more,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project."""
    folder = tmp_path / "a project"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def mark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """What is started here has a mark, and nothing of it may be left in the end."""
    mark = str(tmp_path)
    monkeypatch.setenv(MARK, mark)
    yield mark
    me = os.getpid()
    assert_gone([process for process in marked(mark) if process.pid != me])


def python_project(project: Path, source: str) -> str:
    """A project whose program is this."""
    (project / "main.py").write_text(source)
    return str(project)


def start(*arguments: str, **more: Any) -> subprocess.Popen[bytes]:
    """Start a command whose program says when it is ready; returns then."""
    process = subprocess.Popen([COMMAND, *arguments], stdout=subprocess.PIPE, **more)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    return process


def on_terminal(*arguments: str, **more: Any) -> pexpect.spawn[str]:
    """Start a command on a terminal."""
    return pexpect.spawn(COMMAND, list(arguments), encoding="utf-8", timeout=60, **more)


def end(child: pexpect.spawn[str]) -> int:
    """Wait for its end; its exit code."""
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus is not None, f"ended by signal {child.signalstatus}"
    return int(child.exitstatus)


# -- run -------------------------------------------------------------------------------------------


def test_run_passes_streams_and_exit_code_through(project: Path) -> None:
    source = "import sys, os; os.write(1, b'\\xff\\x00out\\r'); os.write(2, b'err'); sys.exit(3)"
    done = command("run", "python", python_project(project, source), "--build", "")
    assert (done.stdout, done.stderr, done.returncode) == (b"\xff\x00out\r", b"err", 3)


def test_run_hands_arguments_over_as_they_are(project: Path) -> None:
    done = command("run", "python", python_project(project, SHOW_ARGUMENTS), "--", *AWKWARD)
    assert json.loads(done.stdout) == AWKWARD


def test_run_gives_the_program_our_stdin(project: Path) -> None:
    source = "import sys; data = sys.stdin.buffer.read(); print(len(data), sys.stdin.isatty())"
    data = bytes(range(256)) * 4096
    done = command("run", "python", python_project(project, source), input=data)
    assert done.stdout == b"1048576 False\n"


def test_run_works_without_stdin(project: Path) -> None:
    source = "import sys; print(sys.stdin.read())"
    arguments = [COMMAND, "run", "python", python_project(project, source)]
    shell = ["sh", "-c", '"$@" <&-', "sh", *arguments]
    done = subprocess.run(shell, capture_output=True, timeout=60, check=False)
    assert (done.stdout, done.returncode) == (b"\n", 0)


def test_run_gives_the_program_our_environment(project: Path) -> None:
    source = "import os; print(os.environ['TERM'], os.environ.get('PAGER'), os.environ['PWD'])"
    done = command("run", "python", python_project(project, source), env={"TERM": "vt52"})
    assert done.stdout.decode() == f"vt52 None {project}\n"


def test_run_a_single_file_where_we_are(project: Path, tmp_path: Path) -> None:
    (project / "Makefile").write_text("all:\n\tfalse\n")
    script = project / "script.py"
    script.write_text("import os, sys; print(os.getcwd(), sys.argv)")
    relative = str(script.relative_to(tmp_path))
    done = command("run", "python", relative, "--", "x", cwd=tmp_path)
    assert done.stdout.decode() == f"{tmp_path} {[relative, 'x']}\n"


def test_run_a_c_file_and_leave_nothing_beside_it(project: Path) -> None:
    require("c")
    source = project / "answer.c"
    source.write_text('#include "local.h"\nint main(int c, char **v) { return ANSWER + c; }')
    (project / "local.h").write_text("#define ANSWER 40\n")
    assert command("run", "c", str(source), "--", "x").returncode == 42
    assert sorted(os.listdir(project)) == ["answer.c", "local.h"]


def test_run_a_c_project(project: Path) -> None:
    require("c")
    (project / "one.c").write_text("int two(void); int main(void) { return two(); }")
    (project / "two.c").write_text("int two(void) { return 2; }")
    assert command("run", "c", str(project)).returncode == 2
    assert (project / "main").exists()
    assert command("run", "c", str(project), "--build", "", "--exec", "").returncode == 0
    command("run", "c", str(project), "--clean", "*", "--build", "", "--exec", "")
    assert not (project / "main").exists()


def test_run_takes_commands_for_its_steps(project: Path) -> None:
    steps = ["--clean", "echo clean", "--build", "echo build", "--exec", "echo exec; exit 9"]
    done = command("run", "bash", str(project), *steps)
    assert (done.stdout, done.returncode) == (b"clean\nbuild\nexec\n", 9)


def test_run_builds_with_make(project: Path) -> None:
    (project / "Makefile").write_text("all:\n\t@echo 'echo made' > main.sh\n")
    done = command("run", "bash", str(project))
    assert (done.stdout, done.returncode) == (b"made\n", 0)


def test_a_failed_build_is_told_and_nothing_is_run(project: Path) -> None:
    require("c")
    (project / "main.c").write_text("int main(void) { return missing; }")
    done = command("run", "c", str(project))
    assert done.returncode == 127
    assert b"main.c:1:" in done.stderr
    assert b"\x1b" not in done.stderr
    assert done.stderr.endswith(b"BuildFailed: The compiler ended with exit code 1.\n")


def test_a_signal_that_ends_the_program_is_told(project: Path) -> None:
    source = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    done = command("run", "python", python_project(project, source), "--build", "")
    assert done.returncode == 128 + signal.SIGSEGV
    assert done.stderr == b"Signal: The program was ended by SIGSEGV.\n"


def test_the_program_is_on_our_terminal(project: Path) -> None:
    source = (
        "import os, sys; print([os.isatty(fd) for fd in (0, 1, 2)], os.ttyname(0))\n"
        "print(os.tcgetpgrp(0) == os.getpgrp(), input('name? '))"
    )
    child = on_terminal("run", "python", python_project(project, source), "--build", "")
    child.expect_exact("[True, True, True]")
    child.expect_exact("name? ")
    child.sendline("Ada")
    child.expect_exact("True Ada")
    assert end(child) == 0


def test_ctrl_c_reaches_the_program_once(project: Path) -> None:
    child = on_terminal("run", "python", python_project(project, COUNT_INTERRUPTS))
    child.expect_exact("ready")
    child.sendintr()
    assert end(child) == 41


def test_ctrl_c_ends_a_program_that_lets_it(project: Path) -> None:
    child = on_terminal("run", "python", python_project(project, SLEEP))
    child.expect_exact("ready")
    child.sendintr()
    assert end(child) == 128 + signal.SIGINT


def test_ctrl_c_in_a_build_ends_it_all(project: Path) -> None:
    # exec: a shell that is just starting a program may miss to tell it of a Ctrl-C.
    steps = ["--build", f"exec {sys.executable} build.py", "--exec", "echo never"]
    (project / "build.py").write_text(SLEEP)
    child = on_terminal("run", "bash", str(project), *steps)
    child.expect_exact("ready\r\n")
    child.sendintr()
    assert end(child) == 128 + signal.SIGINT
    assert "never" not in (child.before or "")


def test_ctrl_z_stops_it_and_fg_goes_on(project: Path) -> None:
    source = "print('ready', flush=True); print(f'got {input()}')"
    child = pexpect.spawn("bash", ["--norc", "--noprofile"], encoding="utf-8", timeout=60)
    child.sendline(f"{COMMAND} run python '{python_project(project, source)}' --build ''")
    child.expect_exact("ready\r\n")
    child.sendcontrol("z")
    child.expect_exact("Stopped")
    child.sendline("fg")
    child.expect_exact(f"{COMMAND} run")
    child.expect_exact("\r\n")
    child.sendline("a line")
    child.expect_exact("got a line")
    child.sendline("exit")
    end(child)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1])
def test_a_signal_to_us_alone_is_passed_on(project: Path, number: signal.Signals) -> None:
    process = start("run", "python", python_project(project, SLEEP))
    process.send_signal(number)
    assert process.wait(60) == 128 + number


def test_an_interrupt_to_us_alone_is_passed_on_once(project: Path) -> None:
    process = start("run", "python", python_project(project, COUNT_INTERRUPTS))
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 41


def test_nohup_holds_for_the_program(project: Path) -> None:
    source = "import signal; print('ready', flush=True); print(repr(signal.getsignal(1)))"
    arguments = [COMMAND, "run", "python", python_project(project, source)]
    shell = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *arguments]
    done = subprocess.run(shell, capture_output=True, timeout=60, check=False)
    assert done.stdout == b"ready\n<Handlers.SIG_IGN: 1>\n"


def test_kill_9_leaves_nothing_behind(project: Path, mark: str) -> None:
    process = start("run", "python", python_project(project, DAEMONS))
    left = [other for other in marked(mark) if other.pid not in (os.getpid(), process.pid)]
    assert len(left) >= 3
    process.kill()
    process.wait()
    assert_gone(left)


# -- query -----------------------------------------------------------------------------------------


def test_query_shows_output_and_value() -> None:
    done = command("query", "python", input=b"print('hello')\n6 * 7")
    assert (done.stdout, done.stderr, done.returncode) == (b"hello\n42\n", b"", 0)


def test_query_tells_errors_on_stderr_without_colours_on_a_pipe() -> None:
    done = command("query", "python", input=b"print('so far')\n1 / 0")
    assert (done.stdout, done.returncode) == (b"so far\n", 1)
    assert b"ZeroDivisionError: division by zero" in done.stderr
    assert b"\x1b" not in done.stderr


@pytest.mark.parametrize(
    ("language", "code", "stdout", "exit_code"),
    [
        ("bash", "echo $((6 * 7)); exit 3", "42\n", 3),
        ("bash", "echo before; (exit 4)", "before\n", 4),
        ("python", "raise SystemExit(5)", "", 5),
        ("nodejs", "6 * 7", "42\n", 0),
        ("nodejs", "throw new Error('no')", "", 1),
        ("c", '#include <stdio.h>\nint main(void) { puts("42"); return 7; }', "42\n", 7),
        ("git", "git --version", "git version", 0),
        ("bash", "", "", 0),
    ],
)
def test_query_in_every_language(language: str, code: str, stdout: str, exit_code: int) -> None:
    require(language)
    done = command("query", language, input=code.encode())
    assert done.stdout.decode().startswith(stdout)
    assert done.returncode == exit_code, done.stderr


def test_query_knows_cell_commands(project: Path) -> None:
    done = command("query", "bash", input=b"%%file written\ncontent\n", cwd=project)
    assert (project / "written").read_text() == "content\n"
    assert done.returncode == 0


def test_our_stdin_answers_the_cell_of_a_file(project: Path) -> None:
    cell = project / "cell"
    cell.write_text("a = input('one? '); b = input('two? ')\nprint(a + b)\ninput()")
    done = command("query", "python", str(cell), input="é\nlast".encode())
    assert done.stdout.decode() == "one? two? élast\n"
    assert b"EOFError" in done.stderr


def test_a_file_answers_as_well_as_a_pipe(project: Path) -> None:
    cell, answers = project / "cell", project / "answers"
    cell.write_text('read -r line; echo "got $line"')
    answers.write_text("an answer\n")
    with answers.open("rb") as stdin:
        arguments = [COMMAND, "query", "bash", str(cell)]
        done = subprocess.run(arguments, stdin=stdin, capture_output=True, timeout=60, check=False)
    assert done.stdout == b"got an answer\n"


def test_a_cell_from_stdin_gets_the_end_of_the_file() -> None:
    done = command("query", "bash", input=b"read -r line || echo nobody")
    assert done.stdout == b"nobody\n"


def test_a_person_is_asked_and_a_password_is_hidden(project: Path) -> None:
    cell = project / "cell"
    cell.write_text(
        "from getpass import getpass\nname = input('name? ')\nword = getpass('word? ')\n"
        "print(name, len(word))"
    )
    child = on_terminal("query", "python", str(cell))
    child.expect_exact("name? ")
    child.sendline("Ada")
    child.expect_exact("word? ")
    child.sendline("secret")
    child.expect_exact("Ada 6")
    assert "secret" not in (child.before or "")
    assert end(child) == 0


def test_ctrl_c_interrupts_the_cell() -> None:
    child = on_terminal("query", "python", "/dev/stdin")
    child.sendline("import time; print('rea' + 'dy'); time.sleep(60)")
    child.sendeof()
    child.expect_exact("ready")
    child.sendintr()
    child.expect_exact("KeyboardInterrupt")
    assert end(child) == 128 + signal.SIGINT


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    shell = f"{COMMAND} query bash | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell],
        input=b"yes",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"y\n", b"", 128 + signal.SIGPIPE)


def test_a_signal_ends_a_query_and_all_of_it() -> None:
    process = subprocess.Popen(
        [COMMAND, "query", "bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"echo ready; sleep 60")
    process.stdin.close()
    assert process.stdout.readline() == b"ready\n"
    children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert_gone(children)


# -- what goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["run", "klingon", "."], 2, "There is no language 'klingon'; there are ada, "),
        (["query", "klingon"], 2, "There is no language 'klingon'; there are ada, "),
        (["install", "klingon"], 2, "There is no language 'klingon'; there are ada, "),
        (["run", "bash", "/nowhere"], 2, "/nowhere cannot be used: No such file or directory."),
        (["query", "bash", "/nowhere"], 2, "/nowhere cannot be used: No such file or directory."),
        (["query", "bash", "/"], 2, "/ cannot be used: Is a directory."),
        (["run", "bash"], 2, "kernel-runner run: the following arguments are required: PATH"),
        (["run", "bash", ".", "x"], 2, "kernel-runner: unrecognized arguments: x"),
        (["list", "--", "x"], 2, "kernel-runner: only run and jail take arguments after --"),
        (["frobnicate"], 2, "kernel-runner: argument COMMAND: invalid choice: 'frobnicate'"),
        ([], 2, "kernel-runner: the following arguments are required: COMMAND"),
        (["install", "--name", "x"], 2, "--name, --display-name and --executable go with "),
    ],
)
def test_an_error_is_one_sentence(
    arguments: Sequence[str], exit_code: int, sentence: str, project: Path
) -> None:
    done = command(*arguments, cwd=project)
    assert done.stderr.decode().startswith(sentence)
    assert done.stderr.count(b"\n") == 1
    assert (done.stdout, done.returncode) == (b"", exit_code)


def test_nothing_to_run_is_one_sentence(project: Path) -> None:
    done = command("run", "python", str(project), "--build", "")
    assert done.stderr.startswith(b"Nothing to run: no main.py")
    assert done.stderr.count(b"\n") == 1
    assert done.returncode == 2


@pytest.mark.parametrize("action", ["run", "query"])
def test_a_missing_toolchain_names_the_package(action: str, project: Path) -> None:
    (project / "main.f90").write_text("end program\n")
    path = project if action == "run" else project / "main.f90"
    done = command(action, "fortran", str(path), env={"PATH": str(project)})
    assert b"Fortran needs gfortran" in done.stderr
    assert b"`apt-get install gfortran libc6-dev`" in done.stderr
    assert done.returncode == 127


def test_an_unreadable_path_is_told(project: Path) -> None:
    script = project / "main.py"
    script.symlink_to(script)  # a circle, which not even root can read
    done = command("run", "python", str(script))
    assert (done.stderr, done.returncode) == (
        f"{script} cannot be used: Too many levels of symbolic links.\n".encode(),
        2,
    )


# -- list and doctor -------------------------------------------------------------------------------


def test_list_tells_each_language() -> None:
    states = {state["name"]: state for state in json.loads(command("list", "--json").stdout)}
    assert {"bash", "c", "git", "nodejs", "python"} <= set(states)
    assert states["bash"]["toolchain"][0].endswith("/bash")
    assert states["bash"]["version"]
    assert states["nodejs"]["display_name"] == "JavaScript (Node.js)"


def test_list_tells_what_to_install(project: Path) -> None:
    done = command("list", env={"PATH": str(project)})
    assert b"Git needs git, which is not there: `apt-get install git` brings it." in done.stdout
    assert done.returncode == 0


def test_doctor_looks_at_the_system() -> None:
    done = command("doctor", "--json")
    found = json.loads(done.stdout)
    assert found["versions"]["kernel-runner"] == kernel_runner.__version__
    assert all(found["versions"].values())
    system = {check["name"]: check for check in found["system"]}
    assert system["input detection"]["ok"], system
    jail = {
        f"jail: {part}"
        for part in ("policies", "namespaces", "Landlock", "seccomp", "memory", "pids")
    }
    assert set(system) == {"input detection", "ptrace scope", "history", "jail", *jail}
    assert done.returncode == 0


def test_doctor_has_tables_for_people() -> None:
    done = command("doctor")
    for title in (b"Versions", b"Languages", b"System"):
        assert title in done.stdout


def test_version_and_help() -> None:
    assert command("--version").stdout.decode() == f"kernel-runner {kernel_runner.__version__}\n"
    for arguments in ([], ["list"], ["install"], ["run"], ["query"], ["doctor"]):
        done = command(*arguments, "--help")
        assert done.stdout.startswith(b"usage: kernel-runner")
        assert done.returncode == 0
