"""Processes: interrupted, killed, left in the background; and none of them left behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from client import Client, Exchange, Kernel
from conftest import Start

# Started, out of sight of its parent, twice forked, in a session of its own, deaf to SIGTERM.
DAEMON = "setsid -f sh -c 'trap \"\" TERM HUP INT; echo started; while :; do sleep 60; done'"
IGNORES_SIGINT = r"""
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
    signal(SIGINT, SIG_IGN);
    %s
    puts("running");
    fflush(stdout);
    for (;;) pause();
}
"""
SLEEPER = (
    '#include <unistd.h>\n#include <stdio.h>\nint main(void) { puts("up"); fflush(stdout); %s }'
)


def running(client: Client, code: str, text: str = "running") -> Exchange:
    """A cell that has begun and has said so."""
    cell = client.execute(code)
    client.until(cell, text)
    return cell


# -- background ------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["shutdown", "kill", "restart"])
def test_daemons_end_with_the_kernel(start: Start, end: str) -> None:
    kernel = start("bash")
    running(kernel.client, DAEMON, "started")
    kernel.client.cell("sleep 1000 & disown; (sleep 1000 &)")
    assert len(kernel.processes()) >= 6  # kernel, supervisor, shell, and three in the background
    getattr(kernel, end)()  # each waits until all of them have ended


def test_late_output_goes_to_the_cell_that_started_it(bash: Client) -> None:
    gate = bash.cell("d=$(mktemp -d); mkfifo $d/gate; (read < $d/gate; echo late; echo oops >&2) &")
    assert gate.output == ""
    opening = bash.cell("echo > $d/gate; echo opened")
    bash.wait(lambda: "late" in gate.output and "oops" in gate.output)
    assert (gate.stdout, gate.stderr) == ("late\n", "oops\n")
    assert opening.output == "opened\n"


def test_late_output_of_a_python_child(python: Client) -> None:
    first = python.cell(
        "import os, subprocess\ngate = os.pipe()\n"
        "child = subprocess.Popen(['sh', '-c', 'read x; echo late'], stdin=gate[0])"
    )
    second = python.cell("os.write(gate[1], b'go\\n'); child.wait()")
    python.wait(lambda: first.output != "")
    assert (first.stdout, second.output) == ("late\n", "")


def test_a_background_job_survives_the_interrupt_of_a_later_cell(python: Client) -> None:
    python.cell("import subprocess; job = subprocess.Popen(['sleep', '1000'])")
    loop = running(python, "print('running')\nwhile True: pass")
    python.interrupt()
    assert python.finish(loop).error["ename"] == "KeyboardInterrupt"
    assert python.cell("job.poll() is None").text == "True"
    python.cell("job.kill(); job.wait()")


# -- interrupts ------------------------------------------------------------------------------------

LOOPS = {
    "python": "kept = 1\nwhile True: print('running')",
    "bash": "kept=1; while :; do echo running; done",
    "nodejs": "kept = 1; for (;;) console.log('running')",
}
KEPT = {"python": "print(kept)", "bash": "echo $kept", "nodejs": "console.log(kept)"}


@pytest.mark.parametrize("language", LOOPS)
def test_an_interrupt_in_the_middle_of_output(
    shared: Callable[[str], Kernel], language: str
) -> None:
    client = shared(language).client
    for _ in range(5):
        loop = running(client, LOOPS[language], "running\n" * 100)
        client.interrupt()
        client.finish(loop)
        assert loop.status == "error"
        assert set(loop.stdout.splitlines()[:-1]) == {"running"}
        assert client.cell(KEPT[language]).stdout == "1\n"


def test_an_interrupt_reaches_a_cell_s_children(bash: Client) -> None:
    cell = running(bash, "f() { echo running; sleep 1000 | cat; echo never; }; f; echo never")
    bash.interrupt()
    assert bash.finish(cell).error["ename"] == "Interrupted"
    assert "never" not in cell.output


@pytest.mark.parametrize(
    ("deaf_to", "signal"), [("", "SIGTERM"), ("signal(SIGTERM, SIG_IGN);", "SIGKILL")]
)
def test_a_program_that_ignores_sigint_is_ended(start: Start, deaf_to: str, signal: str) -> None:
    kernel = start("c", "--BaseRunner.interrupt_grace=1.0")
    cell = running(kernel.client, IGNORES_SIGINT % deaf_to)
    kernel.client.interrupt()
    assert kernel.client.finish(cell).error["ename"] == "Interrupted"
    assert cell.receipt["signal"] == signal


def test_a_session_that_ignores_sigint_is_killed_when_asked_again(start: Start) -> None:
    client = start("python").client
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('running')\n"
    cell = running(client, f"kept = 1\n{deaf}while True: pass")
    client.interrupt()
    with pytest.raises(AssertionError):
        client.finish(cell, timeout=1.5)  # once is not enough
    client.interrupt()
    error = client.finish(cell).error
    assert error["ename"] == "Interrupted"
    assert "variables are gone" in error["evalue"]
    assert client.cell("kept").error["ename"] == "NameError"


def test_an_interrupt_with_nothing_to_interrupt(python: Client) -> None:
    assert python.interrupt().status == "ok"
    assert python.cell("1").text == "1"


# -- violent ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
        ("bash", "kill -KILL $$"),
        ("nodejs", "process.kill(process.pid, 'SIGKILL'); for (;;);"),
    ],
)
def test_kill_9_of_the_session(start: Start, language: str, code: str) -> None:
    client = start(language).client
    error = client.cell(code).error
    assert error["ename"] == "Signal"
    assert "SIGKILL" in error["evalue"]
    assert "variables are gone" in error["evalue"]
    assert client.cell({"bash": "echo 1"}.get(language, "1")).status == "ok"


def test_kill_9_of_the_program(shared: Callable[[str], Kernel]) -> None:
    kernel = shared("c")
    c = kernel.client
    program = c.execute(SLEEPER % "pause();")
    c.until(program, "up")
    (victim,) = [p for p in kernel.processes() if p.name() == "program"]
    victim.kill()
    assert c.finish(program).error["ename"] == "Signal"
    assert program.receipt["signal"] == "SIGKILL"
    assert program.receipt["exit_code"] == 137


def test_kill_9_of_the_supervisor(start: Start) -> None:
    kernel = start("bash")
    kernel.client.cell("sleep 1000 &")
    cell = running(kernel.client, "echo running; sleep 1000")
    (supervisor,) = [p for p in kernel.processes() if "supervisor.py" in " ".join(p.cmdline())]
    before = [p for p in kernel.processes() if p.pid not in (kernel.pid, supervisor.pid)]
    supervisor.kill()
    assert kernel.client.finish(cell).status == "error"
    psutil.wait_procs(before, timeout=30)
    assert not any(process.is_running() for process in before)
    assert kernel.client.cell("echo again").stdout == "again\n"


def test_kill_9_of_the_kernel_during_a_cell(start: Start) -> None:
    kernel = start("python")
    running(kernel.client, "print('running', flush=True)\nimport time\ntime.sleep(1000)")
    kernel.kill()


@pytest.mark.parametrize("restart", [False, True])
def test_shutdown_during_a_cell(start: Start, restart: bool) -> None:
    kernel = start("c")
    running(kernel.client, IGNORES_SIGINT % "signal(SIGTERM, SIG_IGN);")
    reply = kernel.shutdown(restart)
    assert reply.content["restart"] is restart


# -- receipts --------------------------------------------------------------------------------------


def test_the_receipt_of_a_program(c: Client) -> None:
    unique = time.time_ns()
    code = (
        f"/* {unique} */\n#include <stdlib.h>\n#include <string.h>\n"
        "int main(void) { char *m = malloc(64 << 20); memset(m, 1, 64 << 20);\n"
        "  for (volatile long i = 0; i < 50000000; i++); return 7; }"
    )
    first, second = c.cell(code).receipt, c.cell(code).receipt
    assert first["exit_code"] == second["exit_code"] == 7
    assert (first["cache_hit"], second["cache_hit"]) == (False, True)
    assert first["compile_seconds"] > 0
    assert second["compile_seconds"] is None
    assert 64 << 20 < second["peak_memory"] < 128 << 20
    assert 0 < second["cpu_seconds"] <= second["wall_seconds"] * psutil.cpu_count() + 0.1


def test_the_receipt_of_a_session(python: Client) -> None:
    idle = python.cell("1").receipt
    busy = python.cell(
        "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    ).receipt
    large = python.cell("m = bytearray(200 << 20); del m").receipt
    after = python.cell("1").receipt
    assert idle["cpu_seconds"] < 0.2
    assert 0.2 < busy["cpu_seconds"] < 3
    assert large["peak_memory"] > after["peak_memory"] + (100 << 20)
    assert (idle["exit_code"], idle["signal"]) == (0, None)


def test_the_notebook_s_modules_do_not_get_into_the_kernel(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("comm", "random", "traitlets", "zmq"):
        (folder / f"{name}.py").write_text("raise ImportError('not for the kernel')")
    kernel = Kernel("bash", folder)
    assert kernel.client.cell("echo fine").stdout == "fine\n"
    kernel.close()


def test_a_session_that_cannot_start_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n")
    broken.chmod(0o755)
    kernel = Kernel("python", tmp_path / "work", python=str(broken))
    for _ in range(2):
        cell = kernel.client.cell("1")
        assert cell.error["ename"] == "ExitCode"
        assert "exit code 3" in cell.error["evalue"]
        assert "out of order" in cell.stderr
    kernel.close()
