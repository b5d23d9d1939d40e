"""Messages that are not as they should be: an error reply or nothing, and the kernel lives on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from client import Client
from conftest import Start

DELIMITER = b"<IDS|MSG>"


def parts_of(client: Client, type_: str, content: Any, **header: Any) -> list[bytes]:
    """A whole message as it goes over the wire, with the right signature."""
    message = client.session.msg(type_)
    fields = [{**message["header"], **header}, {}, {}, content]
    return signed(client, [json.dumps(field, default=str).encode() for field in fields])


def signed(client: Client, fields: list[bytes]) -> list[bytes]:
    """Fields with their delimiter and signature."""
    return [DELIMITER, client.session.sign(fields), *fields]


def lives_on(client: Client) -> None:
    """A cell still runs, once those before it have had their end (and their abort)."""
    client.cell(":")
    assert client.cell("echo alive").stdout == "alive\n"


def test_execute_request_without_code(bash: Client) -> None:
    for content in ({}, {"code": None}, {"code": 7}, {"code": ["echo"]}):
        exchange = bash.ask("execute_request", content)
        assert exchange.status == "error"
        assert exchange.content["evalue"]
        assert isinstance(exchange.content["execution_count"], int)
    lives_on(bash)


@pytest.mark.parametrize(
    "content",
    [
        {"user_expressions": 7},
        {"user_expressions": ["x"]},
        {"silent": "maybe"},
        {"stop_on_error": None, "allow_stdin": 0},
        {"store_history": {}},
    ],
)
def test_execute_request_with_wrong_types(bash: Client, content: dict[str, Any]) -> None:
    exchange = bash.ask("execute_request", {"code": "echo hello", **content})
    assert exchange.status in ("ok", "error"), exchange
    lives_on(bash)


@pytest.mark.parametrize(
    ("type_", "content"),
    [
        ("complete_request", {}),
        ("complete_request", {"code": 7, "cursor_pos": 0}),
        ("complete_request", {"code": "ec", "cursor_pos": "two"}),
        ("inspect_request", {}),
        ("inspect_request", {"code": None, "cursor_pos": 1}),
        ("is_complete_request", {}),
        ("is_complete_request", {"code": 7}),
        ("history_request", {}),
        ("history_request", {"hist_access_type": "all"}),
        ("history_request", {"hist_access_type": "tail", "n": "many"}),
        ("history_request", {"hist_access_type": "range", "session": "x", "start": []}),
        ("history_request", {"hist_access_type": "search", "pattern": {}}),
    ],
)
def test_requests_with_a_wrong_content(bash: Client, type_: str, content: dict[str, Any]) -> None:
    exchange = bash.ask(type_, content)
    assert exchange.status == "error", exchange
    assert exchange.content["evalue"]
    assert exchange.states == ["busy", "idle"]
    lives_on(bash)


def test_cursors_beyond_the_code(bash: Client) -> None:
    for cursor in (-5, 10**9):
        for type_ in ("complete_request", "inspect_request"):
            exchange = bash.ask(type_, {"code": "echo", "cursor_pos": cursor})
            assert exchange.status in ("ok", "error"), exchange
    lives_on(bash)


@pytest.mark.parametrize("type_", ["comm_open", "comm_msg", "comm_close"])
def test_comm_messages_with_a_wrong_content(python: Client, type_: str) -> None:
    for content in ({}, {"comm_id": 7}, {"comm_id": "x", "data": "text", "target_name": None}):
        python.send(type_, content)
    assert python.cell("'alive'").text == "'alive'"


@pytest.mark.parametrize("content", [None, [], "text", 7])
def test_a_content_that_is_no_object(bash: Client, content: Any) -> None:
    for type_ in ("execute_request", "kernel_info_request", "complete_request"):
        bash.send_raw(parts_of(bash, type_, content))
    lives_on(bash)


@pytest.mark.parametrize(
    "type_", [None, 7, "", "x" * 10_000, "žluť", "__class__", "shutdown_reply"]
)
def test_an_odd_type(bash: Client, type_: Any) -> None:
    bash.send_raw(parts_of(bash, "x", {}, msg_type=type_))
    lives_on(bash)


def test_a_header_without_anything(bash: Client) -> None:
    for header in (b"{}", b"[]", b"null", b'{"msg_type": "execute_request"}', b'"x"'):
        bash.send_raw(signed(bash, [header, b"{}", b"{}", b'{"code": "echo no"}']))
    lives_on(bash)


def test_what_is_not_utf8_is_answered_with_an_error(bash: Client) -> None:
    exchange = bash.send("no_such_message")  # so that the answer has a parent that is known
    header = {**exchange.request["header"], "msg_type": "execute_request"}
    fields = [json.dumps(header, default=str).encode(), b"{}", b"{}", b'{"code": "echo \xff\xfe"}']
    bash.send_raw(signed(bash, fields))
    bash.finish(exchange)
    assert exchange.status == "error"
    assert "UTF-8" in exchange.content["evalue"]
    lives_on(bash)


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"\xff\x00", b"[" * 100_000, b'{"code": NaN', b"null"]
)
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_garbage_with_the_right_signature(bash: Client, garbage: bytes, place: int) -> None:
    fields = parts_of(bash, "execute_request", {"code": "echo no"})[2:]
    fields[place] = garbage
    bash.send_raw(signed(bash, fields))
    lives_on(bash)


def test_a_wrong_signature_is_not_carried_out(start: Start) -> None:
    kernel = start("bash")
    client = kernel.client
    proof = kernel.folder / "proof"
    parts = parts_of(client, "execute_request", {"code": f"touch {proof}"})
    for signature in (b"", b"0" * 64, b"\xff", parts[1][:-1] + b"!"):
        client.send_raw([parts[0], signature, *parts[2:]])
        client.send_raw([parts[0], signature, *parts[2:]], channel="control")
    lives_on(client)
    assert not proof.exists()


def test_a_message_that_comes_twice_runs_once(start: Start) -> None:
    kernel = start("bash")
    parts = parts_of(kernel.client, "execute_request", {"code": "echo x >> twice"})
    kernel.client.send_raw(parts)
    kernel.client.send_raw(parts)
    lives_on(kernel.client)
    assert (kernel.folder / "twice").read_text() == "x\n"


@pytest.mark.parametrize("channel", ["shell", "control", "stdin"])
def test_parts_that_are_no_message(bash: Client, channel: str) -> None:
    for parts in (
        [b""],
        [b"hello"],
        [DELIMITER],
        [DELIMITER, b"", b""],
        [b"x"] * 50,
        [DELIMITER] * 8,
        [b"\xff" * 1000],
    ):
        bash.send_raw(parts, channel)
    lives_on(bash)


def test_an_input_reply_that_nobody_asked_for(bash: Client) -> None:
    for content in ({}, {"value": "x"}, {"value": 7}):
        bash.send("input_reply", content, channel="stdin")
    cell = bash.cell('read -r x; echo "<$x>"', ["right"])
    assert cell.stdout == "<right>\n"


def test_half_a_character(python: Client, bash: Client) -> None:
    for client in (python, bash):
        for content in (
            {"code": "'\ud83d'"},
            {"code": "1", "user_expressions": {"\ud83d": "1", "x": "'\ud83d'"}},
        ):
            parts = parts_of(client, "execute_request", content)
            client.send_raw(parts)
            client.cell("")
            assert client.cell("echo=1").status == "ok"


def test_half_a_character_that_a_cell_makes(python: Client, nodejs: Client) -> None:
    python.cell("print('[\\ud83d]')")
    python.cell("'\\ud83d'")
    python.cell("raise ValueError('\\ud83d')")
    assert python.cell("print('alive')").stdout == "alive\n"
    assert nodejs.cell("console.log('[\\ud83d]'); '\\ud83d'").stdout == "[\ufffd]\n"
    nodejs.cell("throw new Error('\\ud83d')")
    assert nodejs.cell("console.log('alive')").stdout == "alive\n"
