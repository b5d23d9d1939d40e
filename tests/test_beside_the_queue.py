"""Requests that are answered at once, whatever runs meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from client import Client, Exchange, Kernel
from conftest import Start

ENDLESS = {
    "python": "print('running', flush=True)\nwhile True: pass",
    "bash": "echo running; while :; do :; done",
    "nodejs": "console.log('running'); while (true);",
    "c": '#include <stdio.h>\nint main(void) { puts("running"); fflush(stdout); for (;;); }',
    "git": "echo running; sleep 1000",
}
REQUESTS = {
    "kernel_info_request": {},
    "complete_request": {"code": "whil", "cursor_pos": 4},
    "inspect_request": {"code": "len", "cursor_pos": 3, "detail_level": 0},
    "is_complete_request": {"code": "1"},
    "history_request": {"hist_access_type": "tail", "n": 3, "raw": True, "output": False},
    "comm_info_request": {},
}


@pytest.mark.parametrize("language", ENDLESS)
def test_all_are_answered_while_a_cell_runs(shared: Callable[[str], Kernel], language: str) -> None:
    client = shared(language).client
    running = client.execute(ENDLESS[language])
    client.until(running, "running")
    for type_, content in REQUESTS.items():
        exchange = client.ask(type_, content)
        assert exchange.status in ("ok", "complete", "incomplete", "invalid", "unknown"), exchange
        assert exchange.replied - exchange.sent < 2, type_
        # Its own busy and idle: nobody else's messages have it as their parent.
        assert exchange.types == ["status", "status"], type_
        assert exchange.states == ["busy", "idle"], type_
        assert exchange.reply["msg_type"] == type_.replace("request", "reply")
    assert running.states == ["busy"]
    client.interrupt()
    assert client.finish(running).status == "error"


@pytest.mark.parametrize(
    ("language", "before", "code", "completed"),
    [
        ("python", "some_list = []", "some_li", "some_list"),
        ("python", "some_list = []", "some_list.app", "some_list.append"),
        ("bash", "some_name() { :; }", "some_na", "some_name"),
        ("nodejs", "var someThing = 1", "1 + someThi", "1 + someThing"),
        ("c", "int some_number(void);\nint main(void) {}", "some_num", "some_number"),
        ("git", ":", "cherry-p", "cherry-pick"),
    ],
)
def test_completion(
    shared: Callable[[str], Kernel], language: str, before: str, code: str, completed: str
) -> None:
    client = shared(language).client
    client.cell(before)
    content = client.ask("complete_request", {"code": code, "cursor_pos": len(code)}).content
    start, end = content["cursor_start"], content["cursor_end"]
    assert completed in [code[:start] + match + code[end:] for match in content["matches"]]


@pytest.mark.parametrize(
    ("language", "before"),
    [  # Names that only the session knows, since none is written in a cell.
        ("python", "globals().update({f'only{i}': i for i in range(3)})"),
        ("nodejs", "for (const i of [0, 1, 2]) globalThis[`only${i}`] = i"),
    ],
)
def test_requests_at_one_moment_are_all_answered(
    shared: Callable[[str], Kernel], language: str, before: str
) -> None:
    client = shared(language).client
    client.cell(before)
    requests = [
        client.send("complete_request", {"code": code, "cursor_pos": len(code)})
        for code in ("only", "1 + only", "2 + only", "3 + only")
    ]
    client.wait(lambda: all(each.reply for each in requests))
    assert [sorted(each.content["matches"]) for each in requests] == [
        ["only0", "only1", "only2"]
    ] * 4


def test_completion_counts_code_points(python: Client) -> None:
    python.cell("wörterbuch = 2")
    code = "s = '🐎🐎'; wörterb + 1"
    cursor = code.index(" + 1")
    content = python.ask("complete_request", {"code": code, "cursor_pos": cursor}).content
    assert content["matches"] == ["wörterbuch"]
    assert code[content["cursor_start"] : content["cursor_end"]] == "wörterb"


@pytest.mark.parametrize(
    ("language", "setup", "name", "expected"),
    [
        ("python", "def twice(x):\n    'Doubles it.'\n    return 2 * x", "twice", "Doubles it."),
        ("bash", "greeting='good day'", "greeting", "good day"),
        ("nodejs", "function twice(x) { return 2 * x }", "twice", "twice"),
    ],
)
def test_inspection(
    shared: Callable[[str], Kernel], language: str, setup: str, name: str, expected: str
) -> None:
    client = shared(language).client
    client.cell(setup)
    content = client.ask("inspect_request", {"code": name, "cursor_pos": 2}).content
    assert content["status"] == "ok"
    assert content["found"]
    assert expected in content["data"]["text/plain"]
    unknown = client.ask("inspect_request", {"code": "nothing_of_the_kind", "cursor_pos": 3})
    assert unknown.content["found"] is False
    assert unknown.content["data"] == {}


def test_is_complete_gives_an_indent(python: Client) -> None:
    content = python.ask("is_complete_request", {"code": "for x in y:"}).content
    assert content == {"status": "incomplete", "indent": "    "}


def test_history_across_a_restart(start: Start) -> None:
    kernel = start("bash")
    client = kernel.client
    lines = [f"echo history {number}" for number in range(4)]
    for line in (*lines, lines[0]):
        client.cell(line)
    kernel.restart()
    assert client.cell("echo after").content["execution_count"] == 1

    def history(**wanted: object) -> list[list[object]]:
        asked = client.ask("history_request", {"raw": True, "output": False, **wanted})
        entries: list[list[object]] = asked.content["history"]
        return entries

    tail = history(hist_access_type="tail", n=4)
    assert [entry[2] for entry in tail] == [*lines[2:], lines[0], "echo after"]
    session = tail[0][0]
    assert session != tail[-1][0]
    kept = history(hist_access_type="range", session=session, start=1, stop=3)
    assert [entry[1:] for entry in kept] == [[1, lines[0]], [2, lines[1]]]
    before = history(hist_access_type="range", session=-1, start=2, stop=4)
    assert [entry[2] for entry in before] == lines[1:3]
    assert len(history(hist_access_type="search", pattern="echo history 0", n=10)) == 2
    unique = history(hist_access_type="search", pattern="echo history *", n=10, unique=True)
    assert sorted(str(entry[2]) for entry in unique) == lines
    output = history(hist_access_type="tail", n=1, output=True)
    assert output[0][2] == ["echo after", None]


def test_history_of_a_kernel_that_is_killed(start: Start) -> None:
    doomed, other = start("bash"), start("bash")
    doomed.client.cell("echo last words")

    def found() -> bool:
        asked = other.client.ask(
            "history_request",
            {"raw": True, "output": False, "hist_access_type": "search", "pattern": "*last words"},
        )
        return bool(asked.content["history"])

    while not found():  # each look is a round trip; a lost input is the test's time limit
        pass
    doomed.kill()
    assert found()


def test_connect_request(start: Start) -> None:
    client = start("c").client
    content = client.ask("connect_request").content
    info = client.jupyter.get_connection_info()
    for port in ("shell_port", "iopub_port", "stdin_port", "hb_port", "control_port"):
        assert content[port] == info[port]


@pytest.mark.parametrize(
    ("type_", "channel"),
    [
        ("create_subshell_request", "control"),
        ("list_subshell_request", "control"),
        ("delete_subshell_request", "control"),
        ("debug_request", "control"),
        ("no_such_request", "shell"),
        ("no_such_request", "control"),
    ],
)
def test_what_a_kernel_does_not_do_is_refused(bash: Client, type_: str, channel: str) -> None:
    refused: Exchange = bash.ask(type_, {"subshell_id": "x"}, channel=channel)
    assert refused.status == "error"
    assert refused.content["evalue"]
    assert refused.reply["msg_type"] == type_.replace("request", "reply")
    assert bash.cell("echo on").stdout == "on\n"


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("language", ["python", "bash", "c"])
def test_shutdown_during_a_cell(start: Start, language: str, restart: bool) -> None:
    kernel = start(language)
    running = kernel.client.execute(ENDLESS[language])
    kernel.client.until(running, "running")
    reply = kernel.shutdown(restart)
    assert reply.content == {"status": "ok", "restart": restart}
    assert "Traceback" not in kernel.log


def test_a_restart_brings_a_fresh_session(start: Start) -> None:
    kernel = start("python")
    kernel.client.cell("kept = 1")
    before = kernel.pid
    kernel.restart()
    assert kernel.pid != before
    assert kernel.client.cell("kept").error["ename"] == "NameError"
