"""Node.js: what is printed arrives once, whole, and in order, however it is printed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from client import Client, Kernel
from conftest import Start

LINES = "for (let i = 0; i < 5000; i++) console.log(i);\n"
SHOWN = "".join(f"{i}\n" for i in range(5000))
CHILD = "const child = require('child_process');\n"


@pytest.fixture
def client(shared: Callable[[str], Kernel]) -> Client:
    """A client of a Node.js kernel."""
    return shared("nodejs").client


@pytest.mark.parametrize(
    "around",
    [
        "require('fs').writeSync(1, 'around\\n');",
        "await require('util').promisify(require('fs').write)(1, 'around\\n');",
        "require('fs').writeFileSync('/dev/stdout', 'around\\n');",
        "const { createWriteStream } = require('fs');\n"
        "await new Promise((done) =>"
        " createWriteStream(null, { fd: 1, autoClose: false }).end('around\\n', done));",
        f"{CHILD}child.execSync('echo around', {{ stdio: 'inherit' }});",
        f"{CHILD}child.spawnSync('echo', ['around'], {{ stdio: 'inherit' }});",
        f"{CHILD}await require('events').once("
        "child.spawn('echo', ['around'], { stdio: 'inherit' }), 'exit');",
        "const { spawn } = await import('child_process');\n"
        "await new Promise((done) =>"
        " spawn('echo', ['around'], { stdio: ['ignore', 1, 1] }).on('exit', done));",
    ],
)
def test_what_goes_around_the_streams_comes_after_what_was_printed(
    client: Client, around: str
) -> None:
    cell = client.cell(f"{{ {LINES}{around}\nconsole.log('end'); }}")
    assert cell.stdout == f"{SHOWN}around\nend\n", cell


def test_a_line_on_stderr_is_behind_what_was_printed(client: Client) -> None:
    cell = client.cell(
        "for (let i = 0; i < 300; i++) { console.log(i); if (i % 100 == 0) console.error('e'); }\n"
        "await new Promise((done) => setTimeout(done, 50));\nconsole.error('last');"
    )
    assert cell.stdout == "".join(f"{i}\n" for i in range(300))
    assert cell.stderr == "e\ne\ne\nlast\n"
    assert cell.output.endswith("299\nlast\n"), cell


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("'žluť 🐎 '.repeat(40_000) + '\\n'", "žluť 🐎 " * 40_000 + "\n"),
        ("Buffer.from('žluť 🐎 '.repeat(40_000) + '\\n')", "žluť 🐎 " * 40_000 + "\n"),
        ("new Uint16Array([0x6261, 0x0a63])", "abc\n"),
        ("'c5be0a', 'hex'", "ž\n"),
        ("'\\ud83d\\n'", "\ufffd\n"),
    ],
)
def test_any_text_arrives_whole(client: Client, text: str, wanted: str) -> None:
    cell = client.cell(f"void process.stdout.write({text})")
    assert cell.stdout == wanted


def test_an_interrupt_between_prints_loses_and_repeats_nothing(client: Client) -> None:
    for _ in range(5):
        running = client.execute("var n = 0;\nfor (;;) console.log(++n);")
        client.until(running, "9999\n")
        assert client.interrupt().status == "ok"
        cell = client.finish(running)
        assert cell.error["ename"] == "Interrupted"
        shown = [int(line) for line in cell.stdout.split()]
        assert shown == list(range(1, len(shown) + 1))
        kept = client.cell("n").text
        assert kept is not None
        assert len(shown) in (int(kept) - 1, int(kept))


def test_what_was_printed_is_there_when_the_session_ends(start: Start) -> None:
    client = start("nodejs").client
    for end in (
        "process.exit(3);",
        "process.reallyExit(3);",
        "process.abort();",
        "process.kill(process.pid, 'SIGKILL');",
    ):
        cell = client.cell(f"process.on('exit', () => console.log('bye'));\n{LINES}{end}")
        bye = "bye\n" if end == "process.exit(3);" else ""
        assert cell.stdout == SHOWN + bye, (end, cell)
