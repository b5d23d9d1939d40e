"""Output: exact, in order, as it comes, and no more of it than a client can take."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from client import Client, Kernel
from conftest import Start

BYTE_BY_BYTE = {
    "python": """\
import os
for byte in "žluť 🐎 日本\\n".encode():
    os.write(1, bytes([byte]))
""",
    "c": """\
#include <stdio.h>
int main(void) {
    const char text[] = "žluť 🐎 日本\\n";
    for (unsigned n = 0; n < sizeof text - 1; n++) {
        fputc(text[n], stdout);
        fflush(stdout);
    }
}
""",
    "bash": "for byte in c5 be 6c 75 c5 a5 20 f0 9f 90 8e 20 e6 97 a5 e6 9c ac 0a; do\n"
    '  printf "\\x$byte"; sleep 0.02\ndone',
    "nodejs": "for (const byte of Buffer.from('žluť 🐎 日本\\n')) {\n"
    "  process.stdout.write(Buffer.from([byte]));\n"
    "  await new Promise((done) => setTimeout(done, 5));\n}",
}
MANY = {
    "python": "for n in range(100_000): print(n)",
    "bash": "for ((n = 0; n < 100000; n++)); do echo $n; done",
    "nodejs": "for (let n = 0; n < 100000; n++) console.log(String(n))",
    "c": """\
#include <stdio.h>
int main(void) {
    for (int n = 0; n < 100000; n++) printf("%d\\n", n);
}
""",
}
BINARY = bytes(range(256)) + b"\xc3(\xe2\x82 \xf0\x9f\x90 end\xff"


@pytest.mark.parametrize("language", BYTE_BY_BYTE)
def test_characters_may_be_cut_anywhere(shared: Callable[[str], Kernel], language: str) -> None:
    cell = shared(language).client.cell(BYTE_BY_BYTE[language])
    assert cell.stdout == "žluť 🐎 日本\n"
    assert cell.status == "ok"


def test_a_character_left_unfinished(python: Client) -> None:
    cell = python.cell("import os; os.write(1, 'a🐎'.encode()[:-1]); None")
    assert cell.stdout == "a\ufffd"
    assert python.cell("os.write(1, b'b'); None").stdout == "b"


def test_a_mark_is_none_of_the_text_however_it_is_cut(python: Client) -> None:
    cell = python.cell(r"""
import os, time
for byte in b"before \x1b_kernel-runner\x1b\\behind\n":
    os.write(1, bytes([byte]))
    time.sleep(0.01)  # each is most likely read by itself
""")
    assert cell.stdout == "before behind\n", cell


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_is_not_utf8_becomes_u_fffd(start: Start, stream: str) -> None:
    kernel = start("bash")
    (kernel.folder / "binary").write_bytes(BINARY)
    cell = kernel.client.cell("cat binary" + (" >&2" if stream == "stderr" else ""))
    assert cell.stream(stream) == BINARY.decode("utf-8", "replace")


def test_carriage_returns_arrive_as_they_are(bash: Client) -> None:
    cell = bash.cell("for n in 10 50 100; do printf '\\r%3d %%' $n; done; echo")
    assert cell.stdout == "\r 10 %\r 50 %\r100 %\n"


def test_a_progress_bar_moves_while_it_runs(bash: Client) -> None:
    cell = bash.execute("printf '\\r1/2'; read -r go; printf '\\r2/2\\n'")
    bash.until(cell, "\r1/2")
    bash.asked(cell)
    bash.answer(cell, "go")
    assert bash.finish(cell).stdout == "\r1/2\r2/2\n"


@pytest.mark.parametrize(
    ("language", "code"),
    [
        (
            "python",
            "import sys, time\nfor n in range(5):\n    print('out', n, flush=True)\n"
            "    time.sleep(0.05)\n    print('err', n, file=sys.stderr, flush=True)\n"
            "    time.sleep(0.05)",
        ),
        ("bash", "for n in 0 1 2 3 4; do echo out $n; sleep .05; echo err $n >&2; sleep .05; done"),
        (
            "c",
            "#include <stdio.h>\n#include <unistd.h>\nint main(void) {\n"
            "    for (int n = 0; n < 5; n++) {\n"
            '        printf("out %d\\n", n); fflush(stdout); usleep(50000);\n'
            '        fprintf(stderr, "err %d\\n", n); usleep(50000);\n    }\n}',
        ),
    ],
)
def test_the_streams_interleave_as_written(
    shared: Callable[[str], Kernel], language: str, code: str
) -> None:
    cell = shared(language).client.cell(code)
    assert cell.output == "".join(f"out {n}\nerr {n}\n" for n in range(5))


@pytest.mark.parametrize("language", MANY)
def test_many_small_prints_are_all_there_at_idle(
    shared: Callable[[str], Kernel], language: str
) -> None:
    client = shared(language).client
    begun = time.monotonic()
    cell = client.cell(MANY[language])
    seconds = time.monotonic() - begun
    assert cell.stdout == "".join(f"{n}\n" for n in range(100_000))
    # One message right away, then about 50 a second.
    assert cell.types.count("stream") < 60 * (seconds + 1)


def test_a_line_of_100_megabytes(start: Start) -> None:
    client = start("python", "--RunnerKernel.output_limit=0").client
    cell = client.cell(
        "import sys\nfor n in range(100):\n    sys.stdout.write(f'{n:02}' * 500_000)\nprint()"
    )
    assert cell.status == "ok"
    assert len(cell.stdout) == 100_000_001
    assert cell.stdout == "".join(f"{n:02}" * 500_000 for n in range(100)) + "\n"
    assert cell.stderr == ""


def test_what_is_past_the_limit_goes_to_a_file(start: Start) -> None:
    client = start("python").client
    limit = 32 << 20
    cell = client.cell(
        "import sys\nwhole = bytes(range(256)) * 4096\n"
        "for n in range(40):\n    sys.stdout.buffer.write(whole)\n    sys.stdout.flush()"
    )
    assert cell.status == "ok"
    whole = bytes(range(256)) * 4096 * 40
    assert cell.stdout == whole[:limit].decode("utf-8", "replace")
    (said,) = re.findall(rf"more than {limit} bytes: the rest goes to (\S+),", cell.stderr)
    assert Path(said).read_bytes() == whole[limit:]
    assert Path(said).stat().st_mode & 0o77 == 0

    first = client.cell("%output")
    assert first.stdout == whole[limit : limit + (1 << 18)].decode("utf-8", "replace")
    assert "page 1 of 32" in first.stderr
    last = client.cell("%output 32")
    assert last.stdout == whole[-(1 << 18) :].decode("utf-8", "replace")
    assert client.cell("%output 33").status == "error"
    assert client.cell("print('as before')").stdout == "as before\n"


def test_without_anything_held_back_output_says_so(start: Start) -> None:
    cell = start("bash").client.cell("%output")
    assert cell.status == "error"
    assert cell.error["evalue"] == "No output has been held back so far."


def test_a_limit_of_ones_own(start: Start) -> None:
    client = start("bash", "--RunnerKernel.output_limit=1000").client
    cell = client.cell("for ((n = 0; n < 1000; n++)); do echo 0123456789; done")
    assert len(cell.stdout) == 1000
    assert cell.stderr.count("more than 1000 bytes") == 1
    other = client.cell("echo within")
    assert other.output == "within\n"


@pytest.mark.parametrize("language", ["bash", "python"])
def test_late_output_goes_to_the_cell_that_started_it(start: Start, language: str) -> None:
    kernel = start(language)
    client = kernel.client
    fifo = kernel.folder / "fifo"
    command = f"mkfifo {fifo}; {{ cat {fifo}; echo late; }} &"
    if language == "python":
        command = f"import subprocess\np = subprocess.Popen({command[:-2]!r}, shell=True)"
    starter = client.cell(command)
    assert starter.status == "ok", starter
    other = client.cell({"bash": "echo mine", "python": "print('mine')"}[language])
    assert starter.done
    fifo.write_text("through\n")
    client.wait(lambda: "late" in starter.stdout, about=starter)
    assert starter.stdout == "through\nlate\n"
    assert other.stdout == "mine\n"


def test_the_kernel_does_not_grow_with_what_it_passes_on(start: Start) -> None:
    kernel = start("c", "--RunnerKernel.output_limit=0")
    client = kernel.client
    program = """\
#include <stdio.h>
#include <string.h>
int main(void) {
    static char line[1 << 16];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\\n';
    for (int n = 0; n < 16 * %d; n++) fwrite(line, sizeof line, 1, stdout);
}
"""
    client.cell(program % 4)
    process = psutil.Process(kernel.pid)
    before = peak(process)
    cell = client.execute(program % 256)
    size = 0
    while not cell.done:
        client.take(60)
        # Counted and thrown away: it is the kernel's memory that matters here.
        size += len(cell.stdout)
        cell.messages = [m for m in cell.messages if m["msg_type"] != "stream"]
    assert cell.status == "ok"
    assert size == 256 << 20
    assert peak(process) - before < 64 << 20


def peak(process: psutil.Process) -> int:
    """The most memory that a process has had, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]
