"""Receipts, limits, and many projects at once, through the command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from client import MARK, assert_gone, marked
from conftest import require

from kernel_runner.jail.policy import SHIPPED

COMMAND = str(Path(sys.executable).parent / "kernel-runner")
FORKS = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = bytearray(os.urandom(1 << 20)) * 60
        time.sleep(60)
time.sleep(60)
"""
# Holds little of its own: what its children share with it counts once.
SHARES = """
import os
held = bytearray(os.urandom(1 << 20)) * 100
children = []
for _ in range(8):
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(told, b"!")
        __import__("time").sleep(0.5)
        os._exit(0)
    os.read(ready, 1)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
print("shared")
"""
JAVA = """
public class Main {
    public static void main(String[] arguments) throws Exception {
        byte[][] held = new byte[1024][];
        for (int i = 0; i < held.length; i++) {
            held[i] = new byte[1 << 20];
            java.util.Arrays.fill(held[i], (byte) i);
        }
        System.out.println(held.length);
    }
}
"""


def run(
    *arguments: str, cwd: Path, input: str = "", timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """kernel-runner run, to its end."""
    return subprocess.run(
        [COMMAND, "run", *arguments], cwd=cwd, input=input, capture_output=True, text=True,
        timeout=timeout, check=False,
    )  # fmt: skip


def receipt_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What --json has printed."""
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def results_of(text: str) -> dict[int, dict[str, Any]]:
    """The results of jobs, by their index."""
    results = [json.loads(line) for line in text.splitlines()]
    by_index = {result["index"]: result for result in results}
    assert len(by_index) == len(results), "a job has two results"
    return by_index


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test has started has ended when it ends."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    yield
    assert_gone(marked(mark))


# -- receipts --------------------------------------------------------------------------------------


def test_a_receipt_has_the_phases(tmp_path: Path) -> None:
    require("c")
    (tmp_path / "a.c").write_text(
        '#include <stdio.h>\nint main(void) { puts("on stdout"); return 3; }'
    )
    done = run("--json", "--clean", "true", "c", "a.c", cwd=tmp_path)
    receipt = receipt_of(done)
    assert "on stdout\n" in done.stderr
    assert done.returncode == receipt["exit_code"] == 3
    assert [phase["name"] for phase in receipt["phases"]] == ["clean", "build", "exec"]
    assert [phase["exit_code"] for phase in receipt["phases"]] == [0, 0, 3]
    assert receipt["phases"][2]["error"]["name"] == "ExitCode"
    compiled = receipt["phases"][1]
    assert compiled["cpu_seconds"] > 0 and compiled["peak_memory"] > 1 << 20
    assert 0 < compiled["wall_seconds"] < receipt["wall_seconds"]
    assert receipt["peak_memory"] == max(phase["peak_memory"] for phase in receipt["phases"])


def test_a_receipt_of_what_went_wrong(tmp_path: Path) -> None:
    require("c")
    (tmp_path / "a.c").write_text("int main(void) { return x; }")
    failed = run("--json", "c", "a.c", cwd=tmp_path)
    assert failed.returncode == receipt_of(failed)["exit_code"] == 127
    assert receipt_of(failed)["phases"][0]["error"]["name"] == "BuildFailed"
    missing = run("--json", "c", "b.c", cwd=tmp_path)
    assert missing.returncode == receipt_of(missing)["exit_code"] == 2
    assert "b.c cannot be used" in receipt_of(missing)["error"]["message"]
    (tmp_path / "kill.sh").write_text("kill -SEGV $$\n")
    ended = run("--json", "bash", "kill.sh", cwd=tmp_path)
    assert ended.returncode == receipt_of(ended)["exit_code"] == 128 + signal.SIGSEGV
    assert receipt_of(ended)["signal"] == "SIGSEGV"


# -- limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "name", "code"),
    [
        ("c", "a.c", "#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n"
         "int main(void) { for (;;) { memset(malloc(1 << 22), 1, 1 << 22); usleep(1000); } }"),
        ("python", "a.py", "held = []\nwhile True: held.append(bytearray(b'x' * (1 << 22)))"),
        ("python", "forks.py", FORKS),
        ("java", "Main.java", JAVA),
    ],
)  # fmt: skip
def test_a_memory_limit(tmp_path: Path, language: str, name: str, code: str) -> None:
    require(language)
    (tmp_path / name).write_text(code)
    done = run("--json", "--memory", "300M", language, name, cwd=tmp_path)
    phase = receipt_of(done)["phases"][-1]
    assert done.returncode == phase["exit_code"] == 137, done
    assert phase["error"] == {
        "name": "MemoryLimit", "message": "exec: memory limit of 300 MiB exceeded"
    }  # fmt: skip
    assert phase["peak_memory"] > 300 << 20


def test_what_processes_share_counts_once(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SHARES)
    done = run("--memory", "400M", "python", "a.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "shared\n"), done


def test_a_time_limit_ends_the_whole_tree(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text(
        "trap '' TERM INT\nsetsid sleep 1000 & echo $! > one\n(sleep 1000 & echo $! > two)\n"
        "echo begun\nwhile :; do sleep 1000; done\n"
    )
    done = run("--timeout", "1.5", "bash", "a.sh", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (124, "begun\n")
    assert "exec: time limit of 1.5 s exceeded" in done.stderr
    for name in ("one", "two"):
        assert not psutil.pid_exists(int((tmp_path / name).read_text()))


def test_a_build_has_a_limit_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("all:\n\tsleep 1000\n")
    done = run("--json", "--timeout", "0.5", "bash", ".", cwd=tmp_path)
    assert done.returncode == 127
    assert [phase["exit_code"] for phase in receipt_of(done)["phases"]] == [124]


@pytest.mark.parametrize(
    "wrong", ["--timeout=0", "--timeout=x", "--memory=1X", "--memory=-1", "--jobs=0"]
)
def test_limits_that_make_no_sense(tmp_path: Path, wrong: str) -> None:
    done = run(wrong, "bash", "a.sh", cwd=tmp_path)
    assert done.returncode == 2 and wrong.partition("=")[0] in done.stderr


# -- many at once ----------------------------------------------------------------------------------


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """A folder with a few programs."""
    (tmp_path / "args.sh").write_text('printf "%s|" "$@"; cat\n')
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "main.sh").write_text(
        "test ! -e mine || exit 9\necho $1 > mine\nsleep 0.2\ncat mine\n"
    )
    (tmp_path / "ends.sh").write_text("kill -KILL $$\n")
    (tmp_path / "floods.sh").write_text("head -c 3000000 /dev/zero | tr '\\0' x; echo é >&2\n")
    (tmp_path / "leaves.sh").write_text("setsid sleep 1000 & echo $!\n")
    return tmp_path


def test_jobs_and_what_is_no_job(submissions: Path) -> None:
    awkward = ["a b", "'", '"', "-x", "--", "žluť ☃", ""]
    lines = [
        json.dumps({"language": "bash", "path": "args.sh", "args": awkward, "stdin": "in\nput"}),
        json.dumps({"language": "bash", "path": "ends.sh", "name": {"who": "me"}}),
        "no json",
        json.dumps(["a"]),
        json.dumps({"language": "bash", "path": "args.sh", "arguments": []}),
        json.dumps({"language": "klingon", "path": "args.sh"}),
        json.dumps({"language": "bash", "path": "nowhere.sh"}),
        "",
        json.dumps({"language": "bash", "path": "args.sh", "build": "exit 3"}),
        json.dumps({"language": "bash", "path": "floods.sh"}),
        json.dumps({"language": "bash", "path": "leaves.sh"}),
        json.dumps({"language": "bash", "path": "args.sh", "exec": "sleep 100", "timeout": 0.5}),
    ]
    done = run("--jobs", "2", "-", cwd=submissions, input="\n".join(lines))
    assert done.returncode == 1
    assert done.stderr == "11 jobs done, 8 of them failed\n"
    results = results_of(done.stdout)
    assert results[0]["phases"][-1]["stdout"] == "".join(f"{each}|" for each in awkward) + "in\nput"
    assert (results[1]["signal"], results[1]["name"]) == ("SIGKILL", {"who": "me"})
    told = {index: results[index]["error"]["message"] for index in (2, 3, 4, 5, 6)}
    assert told[2].startswith("Line 3 of the list is no JSON")
    assert told[3] == "Line 4 of the list is no JSON object."
    assert told[4] == "Line 5: a job has no arguments."
    assert told[5].startswith("There is no language 'klingon'")
    assert told[6] == "nowhere.sh cannot be used: No such file or directory."
    assert (results[8]["exit_code"], len(results[8]["phases"])) == (127, 1)
    flood = results[9]["phases"][-1]
    assert (flood["stdout"], flood["stdout_size"]) == ("x" * (1 << 20), 3_000_000)
    assert flood["stderr"] == "é\n" and "stderr_size" not in flood
    assert not psutil.pid_exists(int(results[10]["phases"][-1]["stdout"]))
    assert results[11]["phases"][-1]["error"]["name"] == "TimeLimit"


def test_jobs_do_not_see_each_other(submissions: Path) -> None:
    job = {"language": "bash", "path": "shared"}
    lines = [json.dumps({**job, "args": [str(index)]}) for index in range(8)]
    done = run("--jobs", "4", "-", cwd=submissions, input="\n".join(lines))
    results = results_of(done.stdout)
    assert {index: result["phases"][-1]["stdout"] for index, result in results.items()} == {
        index: f"{index}\n" for index in range(8)
    }
    assert not (submissions / "shared" / "mine").exists()


def test_a_job_that_was_compiled_before_is_another(tmp_path: Path) -> None:
    require("c")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        source = tmp_path / name / "a.c"
        source.write_text(f'#include <stdio.h>\nint main(void) {{ puts("{name}"); }}')
        os.utime(source, (1, 1))
    lines = [json.dumps({"language": "c", "path": f"{name}/a.c"}) for name in ("one", "two")]
    results = results_of(run("--jobs", "1", "-", cwd=tmp_path, input="\n".join(lines)).stdout)
    assert [results[index]["phases"][-1]["stdout"] for index in (0, 1)] == ["one\n", "two\n"]


def test_a_thousand_jobs(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text('echo "$1"\n')
    job = {"language": "bash", "path": "a.sh"}
    lines = [json.dumps({**job, "args": [str(index)]}) for index in range(1000)]
    (tmp_path / "list").write_text("\n".join(lines))
    process = subprocess.Popen(
        [COMMAND, "run", "--jobs", "2", "list"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    results, sizes = [], []
    for line in process.stdout:
        results.append(json.loads(line))
        if len(results) in (200, 1000):
            sizes.append(psutil.Process(process.pid).memory_info().rss)
    assert process.wait() == 0
    assert process.stderr.read() == "1000 jobs done, 0 of them failed\n"
    assert sorted(result["index"] for result in results) == list(range(1000))
    assert all(each["phases"][-1]["stdout"] == f"{each['index']}\n" for each in results)
    assert sizes[1] - sizes[0] < 4 << 20, "it grows"


@pytest.mark.parametrize(
    "line",
    [
        '{"language": "bash", "path": "args.sh", "stdin": "\\ud800"}',
        '{"language": "bash", "path": "args.sh", "name": "\\ud800"}',
        '{"language": "bash", "path": "a\\u0000b"}',
        '{"language": "bash", "path": "args.sh", "memory": Infinity}',
        '{"language": "bash", "path": "pipes"}',
        "[" * 100_000,
    ],
    ids=["stdin", "name", "path", "memory", "pipes", "deep"],
)
def test_a_bad_job_does_not_keep_the_others_from_running(submissions: Path, line: str) -> None:
    (submissions / "pipes").mkdir()
    os.mkfifo(submissions / "pipes" / "one")
    good = json.dumps({"language": "bash", "path": "args.sh", "stdin": "good"})
    results = results_of(run("--jobs", "1", "-", cwd=submissions, input=f"{line}\n{good}\n").stdout)
    assert results[0]["error"]["name"] == "BatchError"
    assert results[1]["phases"][-1]["stdout"].endswith("good")


def test_a_job_that_kills_what_started_it_harms_no_other(submissions: Path) -> None:
    os.mkfifo(submissions / "over")
    (submissions / "waits.sh").write_text('read word < "$1"; echo "$word"\n')
    (submissions / "kills.sh").write_text("kill -KILL $PPID; sleep 1000\n")
    (submissions / "tells.sh").write_text('echo unharmed > "$1"\n')
    lines = [
        json.dumps({"language": "bash", "path": path, "args": [str(submissions / "over")]})
        for path in ("waits.sh", "kills.sh", "tells.sh")
    ]
    done = run("--jobs", "2", "--timeout", "60", "-", cwd=submissions, input="\n".join(lines))
    results = results_of(done.stdout)
    assert results[0]["phases"][-1]["stdout"] == "unharmed\n", done
    # The spawner may hear of the end before it hears of the start: then it is a SpawnError.
    assert results[1]["exit_code"] in (2, 137)
    assert results[0]["exit_code"] == results[2]["exit_code"] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_list_that_goes_on_can_be_left(submissions: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [COMMAND, "run", "--jobs", "2", "-"], cwd=submissions, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin and process.stdout and process.stderr
    with process.stdin:
        print(json.dumps({"language": "bash", "path": "args.sh"}), file=process.stdin, flush=True)
        assert json.loads(process.stdout.readline())["index"] == 0
        process.send_signal(number)
        assert process.wait(timeout=60) == 128 + number
    assert process.stderr.read() == "1 jobs done, 0 of them failed\n"


def test_nobody_reads_the_results(submissions: Path) -> None:
    (submissions / "list").write_text('{"language": "bash", "path": "args.sh"}\n' * 9)
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as nowhere:
        done = subprocess.run(
            [COMMAND, "run", "--jobs", "2", "list"], cwd=submissions, stdout=nowhere,
            stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 128 + signal.SIGPIPE
    assert "Traceback" not in done.stderr


def test_an_interrupt_ends_all_jobs(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text('echo "$1"\ntest "$1" = 0 || exec sleep 1000\n')
    job = {"language": "bash", "path": "a.sh"}
    lines = [json.dumps({**job, "args": [str(index)]}) for index in range(4)]
    (tmp_path / "list").write_text("\n".join(lines))
    process = subprocess.Popen(
        [COMMAND, "run", "--jobs", "2", "list"], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 128 + signal.SIGINT
    assert (first["index"], process.stdout.read()) == (0, "")
    assert process.stderr.read() == "1 jobs done, 0 of them failed\n"


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of a Dask scheduler that has two workers."""
    told = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    where = ["--scheduler-file", str(told), "--no-dashboard"]
    workers = ["worker", "--nworkers", "2", "--nthreads", "1", "--local-directory", str(tmp_path)]
    with contextlib.ExitStack() as stack:
        for words in (["scheduler", "--host", "127.0.0.1", "--port", "0"], workers):
            process = subprocess.Popen(
                [*dask, *words, *where], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait, 60)
            stack.callback(process.terminate)
            deadline = time.monotonic() + 60
            # It says where it listens by writing this file, and in no other way.
            while not told.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
        yield json.loads(told.read_text())["address"]


def test_dask_runs_the_same_jobs(tmp_path: Path, scheduler: str) -> None:
    once = tmp_path / "once"
    (tmp_path / "a.sh").write_text(
        f'if test "$1" = 3 && mkdir {once}; then kill -KILL $(ps -o ppid= $PPID); fi\necho "$1"\n'
    )
    job = {"language": "bash", "path": str(tmp_path / "a.sh")}
    lines = [json.dumps({**job, "args": [str(index)]}) for index in range(20)]
    done = run("--jobs", "4", "--dask", scheduler, "-", cwd=tmp_path, input="\n".join(lines))
    results = results_of(done.stdout)
    assert once.exists(), "no worker was killed"
    assert {index: result["phases"][-1]["stdout"] for index, result in results.items()} == {
        index: f"{index}\n" for index in range(20)
    }


def test_dask_runs_jobs_in_jails(tmp_path: Path, scheduler: str) -> None:
    (tmp_path / "policy.yml").write_text((SHIPPED / "strict.yml").read_text())
    (tmp_path / "a.sh").write_text('touch mine 2>/dev/null || echo "$1 is read"\n')
    job = {"language": "bash", "path": str(tmp_path / "a.sh")}
    lines = [json.dumps({**job, "args": [str(index)]}) for index in range(4)]
    options = ["--jobs", "2", "--dask", scheduler, "--jail", "policy.yml"]
    done = run(*options, "-", cwd=tmp_path, input="\n".join(lines))
    results = results_of(done.stdout)
    assert {index: result["phases"][-1]["stdout"] for index, result in results.items()} == {
        index: f"{index} is read\n" for index in range(4)
    }


def test_dask_where_there_is_none(tmp_path: Path) -> None:
    done = run("--jobs", "2", "--dask", "tcp://127.0.0.1:1", "-", cwd=tmp_path)
    assert done.returncode == 2 and "There is no Dask scheduler at" in done.stderr
    alone = run("--dask", "tcp://127.0.0.1:1", "bash", "a.sh", cwd=tmp_path)
    assert alone.returncode == 2 and "--jobs" in alone.stderr
