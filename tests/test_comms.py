"""Comms: messages between a front end and what runs in the session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from client import Kernel
from conftest import Start

from kernel_runner.languages import LANGUAGES, runner_class
from kernel_runner.session_runner import SessionRunner

SESSIONS = [name for name in LANGUAGES if issubclass(runner_class(name), SessionRunner)]
OPEN = {"comm_id": "c1", "target_name": "echo", "data": {"n": 1}}
TARGET = """\
from comm import get_comm_manager
def opened(comm, message):
    @comm.on_msg
    def _(message):
        comm.send({"echo": message["content"]["data"]}, buffers=message["buffers"])
    comm.send({"hello": message["content"]["data"]})
get_comm_manager().register_target("echo", opened)
"""


def test_a_front_end_opens_a_comm(start: Start) -> None:
    client = start("python").client
    assert client.cell(TARGET).status == "ok"
    opening = client.send("comm_open", OPEN)
    client.wait(lambda: opening.states[-1:] == ["idle"])
    assert opening.states == ["busy", "idle"]
    (hello,) = opening.contents("comm_msg")
    assert hello["comm_id"] == "c1"
    assert hello["data"] == {"hello": {"n": 1}}
    comms = client.ask("comm_info_request").content["comms"]
    assert comms == {"c1": {"target_name": "echo"}}
    assert client.ask("comm_info_request", {"target_name": "other"}).content["comms"] == {}

    content = {"comm_id": "c1", "data": {"text": "žluť 🐎"}}
    message = client.send("comm_msg", content, buffers=[b"\x00\xff raw"])
    client.wait(lambda: message.states[-1:] == ["idle"])
    (echo,) = [m for m in message.messages if m["msg_type"] == "comm_msg"]
    assert echo["content"]["data"] == {"echo": {"text": "žluť 🐎"}}
    assert [bytes(buffer) for buffer in echo["buffers"]] == [b"\x00\xff raw"]

    closing = client.send("comm_close", {"comm_id": "c1", "data": {}})
    client.wait(lambda: closing.states[-1:] == ["idle"])
    assert client.ask("comm_info_request").content["comms"] == {}


@pytest.mark.parametrize("language", SESSIONS)
def test_an_unknown_target_is_closed(shared: Callable[[str], Kernel], language: str) -> None:
    # JupyterLab opens one to every kernel, when it has ipywidgets.
    client, samples = shared(language).client, runner_class(language).samples
    # Then the session is there.
    assert client.cell(samples.get("state", samples["hello"])[0].code).status == "ok"
    opening = client.send("comm_open", {**OPEN, "comm_id": "u1", "target_name": "nobody"})
    message = client.send("comm_msg", {"comm_id": "u1", "data": {}})
    client.wait(lambda: opening.states[-1:] == message.states[-1:] == ["idle"], about=opening)
    assert [content["comm_id"] for content in opening.contents("comm_close")] == ["u1"]
    assert client.ask("comm_info_request").content["comms"] == {}


def test_a_widget_hears_its_front_end(start: Start) -> None:
    client = start("python").client
    cell = client.cell(
        "import ipywidgets\nslider = ipywidgets.IntSlider(value=3)\nseen = []\n"
        "slider.observe(lambda change: (seen.append(change.new), print('now', change.new)),"
        " 'value')\nslider"
    )
    assert cell.status == "ok", cell
    view = cell.result["application/vnd.jupyter.widget-view+json"]
    opened = [content["comm_id"] for content in cell.contents("comm_open")]
    assert view["model_id"] in opened
    assert view["model_id"] in client.ask("comm_info_request").content["comms"]

    update = {"method": "update", "state": {"value": 42}, "buffer_paths": []}
    message = client.send("comm_msg", {"comm_id": view["model_id"], "data": update})
    client.wait(lambda: message.states[-1:] == ["idle"])
    assert message.stdout == "now 42\n"
    assert client.cell("slider.value, seen").text == "(42, [42])"


def test_a_comm_message_waits_for_the_running_cell(start: Start) -> None:
    client = start("python").client
    client.cell(TARGET)
    client.send("comm_open", OPEN)
    running = client.execute("answer = input()\nprint('done')")
    client.asked(running)
    message = client.send("comm_msg", {"comm_id": "c1", "data": {}})
    client.settled()
    client.answer(running, "go on")
    client.finish(running)
    client.wait(lambda: message.states[-1:] == ["idle"])
    assert running.stdout == "done\n"
    assert [content["data"] for content in message.contents("comm_msg")] == [{"echo": {}}]


def test_output_widgets_catch_what_a_callback_prints(start: Start) -> None:
    client = start("python").client
    cell = client.cell(
        "import ipywidgets\nout, button = ipywidgets.Output(), ipywidgets.Button()\n"
        "@button.on_click\ndef clicked(_):\n    with out: print('inside')\n    print('outside')\n"
        "print(button.model_id)"
    )
    assert cell.status == "ok", cell
    other = client.cell("print('another cell')")
    data = {"method": "custom", "content": {"event": "click"}}
    click = client.send("comm_msg", {"comm_id": cell.stdout.strip(), "data": data})
    client.wait(lambda: click.states[-1:] == ["idle"])
    # While the widget catches, its msg_id is the click's: the front end looks for that parent.
    states = [content["data"].get("state", {}) for content in click.contents("comm_msg")]
    assert {"msg_id": click.id} in states
    assert click.stdout == "inside\noutside\n"
    assert other.stdout == "another cell\n"
