"""Services: declared in a file, started and stopped by a cell or a request, owned by the kernel."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from client import TIMEOUT, Client, Kernel, assert_gone, free_ports
from conftest import Start
from jupyter_core.paths import jupyter_runtime_dir
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

SERVE = f"exec {sys.executable} -m http.server --bind 127.0.0.1 $PORT"
FILES = {"command": SERVE, "port": 0}
TOKEN = "only-for-those-who-know"
COMMAND = Path(sys.executable).with_name("kernel-runner")
NEVER = "exec sleep 1000"


def declare(kernel: Kernel, **services: Any) -> None:
    """Write a services.yml; JSON is YAML."""
    (kernel.folder / "services.yml").write_text(json.dumps(services))


def request(client: Client, action: str, name: str = "", **more: Any) -> dict[str, Any]:
    """What is told of a service (or what went wrong), by the request."""
    content = client.ask("service_request", {"action": action, "name": name}, **more).content
    if content["status"] == "error":
        return content
    (told,) = content["services"]
    return dict(told)


def fails(client: Client, code: str) -> str:
    """The sentence with which a command fails."""
    cell = client.cell(code)
    assert cell.error["ename"] == "CommandError", cell
    assert cell.receipt["exit_code"] == 1
    return str(cell.error["evalue"])


def get(url: str) -> str:
    """A page."""
    with urllib.request.urlopen(url, timeout=TIMEOUT) as page:
        return str(page.read().decode())


def until(condition: Callable[[], bool]) -> None:
    """Ask again and again, for what no message tells of."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def listens(port: int) -> bool:
    """Whether anybody listens at a port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_of(kernel: Kernel, word: str) -> list[psutil.Process]:
    """A kernel's processes that have a word in their command."""
    found = []
    for process in kernel.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            if word in " ".join(process.cmdline()):
                found.append(process)
    return found


def test_a_static_file_server(start: Start) -> None:
    kernel = start("bash")
    declare(kernel, files={**FILES, "health": {"http": "/hello.txt"}})
    (kernel.folder / "hello.txt").write_text("hello")
    (shown,) = kernel.client.cell("%service start files").displays
    name, state, url = shown["text/plain"].split()
    assert (name, state) == ("files", "running")
    assert f'<a href="{url}"' in shown["text/html"]
    assert get(f"{url}hello.txt") == "hello"
    assert kernel.client.cell("%service").displays[0]["text/plain"] == shown["text/plain"]
    status = kernel.client.cell("%service status files")
    assert "GET /hello.txt" in status.stdout
    assert kernel.client.cell("%service stop files").displays[0]["text/plain"] == "files  stopped"
    assert not listens(int(url.rstrip("/").rpartition(":")[2]))
    assert fails(kernel.client, "%service stop files") == "The service files does not run."


TERMINALS = {
    "ttyd": ("exec ttyd --interface 127.0.0.1 --port $PORT --writable sh", "ttyd"),
    "shellinaboxd": (
        "exec shellinaboxd -t --localhost-only --port=$PORT "
        f"-s /:{os.getuid()}:{os.getgid()}:/:/bin/sh",
        "ShellInABox",
    ),
}


def terminal(name: str) -> tuple[str, str]:
    """A web terminal's command, and what its page has."""
    if name == "ttyd" and shutil.which(name) is None:
        pytest.skip("Debian 12 has no ttyd, and its source could not be had.")
    return TERMINALS[name]


@pytest.mark.parametrize("name", TERMINALS)
def test_a_terminal(start: Start, name: str) -> None:
    command, page = terminal(name)
    kernel = start("bash")
    declare(kernel, terminal={"command": command, "port": 0, "health": {"http": "/"}})
    told = request(kernel.client, "start", "terminal")
    assert page in get(told["url"])
    assert request(kernel.client, "stop", "terminal")["state"] == "stopped"
    assert not processes_of(kernel, f"{name} -")


def test_a_command_typed_into_ttyd(start: Start) -> None:
    command, _ = terminal("ttyd")
    kernel = start("bash")
    declare(kernel, terminal={"command": command, "port": 0})
    told = request(kernel.client, "start", "terminal")
    shown = asyncio.run(typed(f"ws://127.0.0.1:{told['port']}/ws", "echo $((6 * 7))end\n", "42end"))
    assert "42end" in shown


async def typed(url: str, line: str, awaited: str) -> str:
    """What a terminal's page would show after a line was typed, once something is in it."""
    asked = HTTPRequest(url, headers={"Sec-WebSocket-Protocol": "tty"})
    connection = await websocket_connect(asked, subprotocols=["tty"])
    await connection.write_message(
        json.dumps({"AuthToken": "", "columns": 80, "rows": 24}).encode()
    )
    await connection.write_message(b"0" + line.encode())
    shown = ""
    async with asyncio.timeout(60):
        while awaited not in shown:
            message = await connection.read_message()
            assert message is not None, shown
            if message[:1] == b"0":  # the others are the title and the settings
                shown += message[1:].decode()
    connection.close()
    return shown


def test_a_jupyter_server(start: Start) -> None:
    kernel = start("bash")
    command = (
        f"exec {sys.executable} -m jupyter_server --no-browser --allow-root --port=$PORT "
        "--ServerApp.port_retries=0"
    )
    jupyter = {
        "command": command,
        "port": 0,
        "environment": {"JUPYTER_TOKEN": 1234},
        "health": {"http": "/api", "timeout": TIMEOUT},
    }
    declare(kernel, jupyter=jupyter)
    told = request(kernel.client, "start", "jupyter")
    assert "version" in json.loads(get(f"{told['url']}api"))
    with pytest.raises(urllib.error.HTTPError):
        get(f"{told['url']}api/kernels")
    assert json.loads(get(f"{told['url']}api/kernels?token=1234")) == []
    assert request(kernel.client, "stop", "jupyter")["state"] == "stopped"
    assert not processes_of(kernel, "port_retries")


@pytest.mark.parametrize("channel", ["shell", "control"])
def test_a_request_does_not_wait_for_a_cell(start: Start, channel: str) -> None:
    kernel = start("bash")
    declare(kernel, files=FILES)
    running = kernel.client.execute("echo running; sleep 1000")
    kernel.client.until(running, "running")
    told = request(kernel.client, "start", "files", channel=channel)
    assert told["state"] == "running"
    assert "Directory listing" in get(told["url"])
    kernel.client.interrupt()
    kernel.client.finish(running)
    assert request(kernel.client, "status", "files", channel=channel) | {"log": ""} == told | {
        "log": ""
    }
    assert get(told["url"])  # the interrupt was not for it


def test_two_clients_start_the_same_one(start: Start) -> None:
    kernel = start("bash")
    declare(kernel, files=FILES)
    clients = [kernel.client, kernel.connect()]
    content = {"action": "start", "name": "files"}
    sent = [client.send("service_request", content) for client in clients for _ in range(5)]
    for index, exchange in enumerate(sent):
        clients[index // 5].finish(exchange)
    ports = {exchange.content["services"][0]["port"] for exchange in sent}
    assert len(ports) == 1
    assert len(processes_of(kernel, "http.server")) == 1


def test_it_lives_on_beside_the_cells_and_ends_with_the_kernel(start: Start) -> None:
    kernel = start("python")
    declare(kernel, files=FILES)
    first = request(kernel.client, "start", "files")
    assert kernel.client.cell("%reset -f").status == "ok"
    assert get(first["url"])
    kernel.restart()  # which sees that nothing of the old kernel is left
    assert not listens(first["port"])
    assert request(kernel.client, "status", "files")["state"] == "stopped"
    second = request(kernel.client, "start", "files")
    assert get(second["url"])
    kernel.kill()
    assert not listens(second["port"])


def test_one_that_dies(start: Start) -> None:
    kernel = start("bash")
    declare(kernel, files=FILES)
    told = request(kernel.client, "start", "files")
    processes = processes_of(kernel, "http.server")
    processes[0].kill()
    assert_gone(processes)
    until(lambda: request(kernel.client, "status", "files")["state"] == "ended")
    assert request(kernel.client, "status", "files")["ending"] == "ended by SIGKILL"
    assert kernel.client.cell("%service").displays[0]["text/plain"] == "files  ended by SIGKILL"
    assert fails(kernel.client, "%service stop files") == "The service files does not run."
    again = request(kernel.client, "start", "files")
    assert again["state"] == "running"
    assert again["url"]
    assert told["url"]


def test_one_that_dies_before_it_is_healthy(start: Start) -> None:
    kernel = start("bash")
    declare(
        kernel,
        broken={"command": "for i in $(seq 100); do echo line $i; done; exit 3", "port": 0},
        missing={"command": "no-such-program", "port": 0},
    )
    cell = kernel.client.cell("%service start broken")
    expected = "The service broken ended with exit code 3 before it was healthy."
    assert cell.error["evalue"] == expected
    assert cell.stderr.splitlines() == [f"line {number}" for number in range(81, 101)]
    answer = request(kernel.client, "start", "missing")
    assert "exit code 127" in answer["evalue"]
    assert "no-such-program" in "".join(answer["traceback"])


@pytest.mark.parametrize(
    ("health", "why"),
    [
        ({}, "refused"),
        ({"http": "/"}, "refused"),
        ({"command": "exit 7"}, "its check ended with exit code 7"),
        ({"command": "sleep 1000"}, "it was not asked"),
    ],
)
def test_one_that_never_becomes_healthy(start: Start, health: dict[str, str], why: str) -> None:
    kernel = start("bash")
    health = {**health, "timeout": 1}  # type: ignore[dict-item]
    declare(kernel, lazy={"command": f"echo so lazy; {NEVER}", "port": 0, "health": health})
    cell = kernel.client.cell("%service start lazy")
    assert cell.error["evalue"].startswith("The service lazy was not healthy within 1 s: ")
    assert why in cell.error["evalue"]
    assert cell.stderr == "so lazy\n"
    assert not processes_of(kernel, "sleep")
    assert request(kernel.client, "status", "lazy")["state"] == "ended"


@pytest.mark.parametrize(
    "answer", ["", "b'no HTTP at all\\r\\n\\r\\n'", "b'HTTP/1.1 200 OK\\r\\n'", "b'\\xff' * 100000"]
)
def test_what_takes_connections_and_speaks_no_http(start: Start, answer: str) -> None:
    kernel = start("bash")
    (kernel.folder / "odd.py").write_text(
        "import os, socket\n"
        "server = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\n"
        f"while True:\n    taken, _ = server.accept()\n    {answer and f'taken.send({answer})'}\n"
    )
    odd = {"command": f"exec {sys.executable} odd.py", "port": 0}
    declare(kernel, odd={**odd, "health": {"http": "/", "timeout": 2}}, taken=odd)
    assert "was not healthy within 2 s: " in fails(kernel.client, "%service start odd")
    assert not processes_of(kernel, "odd.py")
    assert request(kernel.client, "start", "taken")["state"] == "running"


def test_http_that_says_no(start: Start) -> None:
    kernel = start("bash")
    declare(kernel, files={**FILES, "health": {"http": "/nowhere", "timeout": 3}})
    assert "HTTP code 404" in fails(kernel.client, "%service start files")
    assert not processes_of(kernel, "http.server")


def test_a_check_by_command(start: Start) -> None:
    kernel = start("bash")
    health = {"command": 'echo "$PORT $WHO" >seen; test -e ready'}
    command = "touch ready; exec sleep 1000"
    declare(
        kernel,
        worker={"command": command, "environment": {"WHO": "me"}, "port": 0, "health": health},
        quiet={"command": NEVER},
    )
    told = request(kernel.client, "start", "worker")
    assert (kernel.folder / "seen").read_text() == f"{told['port']} me\n"
    quiet = request(kernel.client, "start", "quiet")
    assert (quiet["state"], quiet["port"], quiet["url"]) == ("running", None, "")


def test_a_port_in_use(start: Start) -> None:
    kernel = start("bash")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        declare(kernel, files={**FILES, "port": port}, other={**FILES, "port": port})
        sentence = fails(kernel.client, "%service start files")
        assert sentence == f"The service files cannot have the port {port}: Address already in use."
    told = request(kernel.client, "start", "files")
    assert told.get("port") == port, told
    assert "the service files has it" in request(kernel.client, "start", "other")["evalue"]


def test_an_interrupt_ends_the_wait_and_keeps_the_session(start: Start) -> None:
    kernel = start("python")
    declare(kernel, lazy={"command": NEVER, "port": 0, "health": {"timeout": 1000}})
    kernel.client.cell("kept = 7")
    running = kernel.client.execute("%service start lazy")
    until(lambda: bool(processes_of(kernel, "sleep 1000")))
    kernel.client.interrupt()
    evalue = kernel.client.finish(running).error["evalue"]
    assert evalue == "The service lazy was stopped before it was healthy."
    assert not processes_of(kernel, "sleep 1000")
    assert kernel.client.cell("kept").text == "7"


def test_one_that_does_not_want_to_stop(start: Start) -> None:
    kernel = start("bash")
    command = "trap '' TERM; setsid sleep 1001 & sleep 1002; sleep 1003"
    declare(kernel, stubborn={"command": command})
    assert request(kernel.client, "start", "stubborn")["state"] == "running"
    until(lambda: len(processes_of(kernel, "sleep 100")) > 2)
    assert request(kernel.client, "stop", "stubborn")["ending"] == "ended by SIGKILL"
    until(lambda: not processes_of(kernel, "sleep 100"))  # the shell has ended, and starts no more


def test_a_flood_and_half_a_character(start: Start) -> None:
    kernel = start("bash")
    flood = "head -c 1000000000 /dev/zero | tr '\\0' x; printf '\\nend \\303'; touch done; "
    declare(kernel, flood={"command": flood + NEVER, "health": {"command": "test -e done"}})
    assert request(kernel.client, "start", "flood")["state"] == "running"
    log = request(kernel.client, "status", "flood")["log"]
    assert log.endswith("x\nend \ufffd")
    assert len(log) <= 1 << 16
    assert psutil.Process(kernel.pid).memory_info().rss < 200 << 20


def test_the_file_may_be_another(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "mine.yml"
    file.write_text("quiet: {command: exec sleep 1000}\n")
    kernel = start("bash", f"--BashRunner.services_file={file}")
    assert request(kernel.client, "start", "quiet")["state"] == "running"
    file.unlink()
    assert request(kernel.client, "stop", "quiet")["state"] == "stopped"
    assert str(file) in fails(kernel.client, "%service start quiet")


GOOD = {"command": NEVER}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no services"),
        ("- a", "no services"),
        ("a: [", "line 1"),
        ("a: b\n c: d", "not YAML"),
        ("\x00", "not YAML"),
        ("[" * 100_000, "not YAML"),
        ("#" * (2 << 20), "too large"),
        ("a b: {command: x}", "name"),
        ("7: {command: x}", "name"),
        ("a: x", "command"),
        ("a: {}", "command"),
        ("a: {command: }", "command"),
        ("a: {command: [x]}", "command"),
        ("a: {command: x, image: y}", "'image'"),
        ("a: {command: x, name: y}", "'name'"),
        ("a: {command: x, port: many}", "port"),
        ("a: {command: x, port: 65536}", "port"),
        ("a: {command: x, port: -1}", "port"),
        ("a: {command: x, port: true}", "port"),
        ("a: {command: x, port: 8.5}", "port"),
        ("a: {command: x, environment: [X]}", "environment"),
        ("a: {command: x, environment: {X=: y}}", "environment"),
        ("a: {command: x, environment: {X: [y]}}", "X"),
        ("a: {command: x, environment: {X: true}}", "X"),
        ("a: {command: x, health: tcp}", "health"),
        ("a: {command: x, port: 0, health: {url: /}}", "'url'"),
        ("a: {command: x, port: 0, health: {http: index}}", "path"),
        ("a: {command: x, port: 0, health: {http: /a b}}", "path"),
        ("a: {command: x, health: {http: /}}", "no port"),
        ("a: {command: x, port: 0, health: {http: /, command: x}}", "both"),
        ("a: {command: x, health: {command: 7}}", "shell"),
        ("a: {command: x, port: 0, health: {timeout: soon}}", "timeout"),
        ("a: {command: x, port: 0, health: {timeout: 0}}", "timeout"),
        ("a: {command: x, port: 0, health: {timeout: .inf}}", "timeout"),
    ],
)
def test_each_mistake_is_one_sentence(services: Kernel, text: str, word: str) -> None:
    file = services.folder / "services.yml"
    file.write_text(text)
    sentence = fails(services.client, "%service start a")
    assert word in sentence
    assert str(file) in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 400


@pytest.fixture(scope="module")
def services(shared: Any) -> Kernel:
    """A kernel for tests that leave nothing running."""
    kernel: Kernel = shared("bash")
    return kernel


def test_requests_that_make_no_sense(services: Kernel) -> None:
    declare(services, a=GOOD)
    for content in (
        {},
        {"action": "restart", "name": "a"},
        {"action": ["start"], "name": "a"},
        {"action": "start", "name": 7},
        {"action": "start", "name": ""},
        {"action": "start"},
        {"action": "stop", "name": "b"},
        {"action": "status", "name": "b" * 100_000},
    ):
        exchange = services.client.ask("service_request", content)
        assert exchange.content["ename"] == "ServiceError", exchange
        assert len(exchange.content["evalue"]) < 200
        assert exchange.states == ["busy", "idle"]
    assert "there are a." in fails(services.client, "%service start b")


def test_a_folder_that_has_gone(start: Start) -> None:
    kernel = start("bash", "--BashRunner.services_file=/dev/null")
    assert "no services" in fails(kernel.client, "%service")
    (kernel.folder / "services.yml").mkdir()
    kernel = start("bash", f"--BashRunner.services_file={kernel.folder}")
    assert "Is a directory" in fails(kernel.client, "%service")


def test_ten_thousand_are_declared(services: Kernel) -> None:
    declare(services, **{f"s{number}": GOOD for number in range(10_000)})
    (shown,) = services.client.cell("%service").displays
    assert shown["text/plain"].count("\n") == 9_999
    assert request(services.client, "status", "s9999")["state"] == "stopped"


def test_in_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "services.yml").write_text(json.dumps({"files": FILES}))
    code = "%service start files\nls -d *.yml"
    command = [COMMAND, "query", "bash"]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        input=code,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    )
    assert ended.stdout.startswith("files  running  http://127.0.0.1:")
    assert ended.stdout.endswith("services.yml\n")
    port = int(ended.stdout.splitlines()[0].rstrip("/").rpartition(":")[2])
    assert not listens(port)


@pytest.fixture
def jupyter(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A Jupyter server's address, under a base path; it has our Bash, and a proxy if it is to."""
    install = [COMMAND, "install", "bash", "--user", "--name", "services-bash"]
    subprocess.run(install, check=True, capture_output=True, timeout=TIMEOUT)
    (port,) = free_ports(1)
    argv = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
    options = [f"--port={port}", "--ServerApp.port_retries=0", "--ServerApp.base_url=/base/"]
    options.append(f"--ServerApp.jpserver_extensions=jupyter_server_proxy={request.param}")
    environment = {**os.environ, "JUPYTER_TOKEN": TOKEN}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen([*argv, *options], cwd=tmp_path, env=environment, stderr=log) as server,
    ):
        try:
            until(lambda: listens(port))
            yield f"http://127.0.0.1:{port}/base/"
        finally:
            server.terminate()


@pytest.mark.parametrize(
    ("jupyter", "proxied"), [(True, True), (False, False)], indirect=["jupyter"]
)
def test_the_link_goes_through_jupyter_server_proxy(
    jupyter: str, proxied: bool, tmp_path: Path
) -> None:
    (tmp_path / "services.yml").write_text(json.dumps({"files": FILES}))
    (tmp_path / "hello.txt").write_text("hello")
    post = urllib.request.Request(
        f"{jupyter}api/kernels?token={TOKEN}",
        data=json.dumps({"name": "services-bash"}).encode(),
        method="POST",
    )
    with urllib.request.urlopen(post, timeout=TIMEOUT) as answer:
        id_ = json.load(answer)["id"]
    client = Client(str(Path(jupyter_runtime_dir(), f"kernel-{id_}.json")))
    try:
        client.ready()
        told = request(client, "start", "files")
        assert get(told["url"] + "hello.txt") == "hello"
        assert told["proxy"] == (f"/base/proxy/{told['port']}/" if proxied else "")
        if not proxied:
            return
        (shown,) = client.cell("%service").displays
        assert f'<a href="{told["proxy"]}"' in shown["text/html"]
        assert told["proxy"] in shown["text/plain"]
        address = jupyter.removesuffix("/base/")
        assert get(f"{address}{told['proxy']}hello.txt?token={TOKEN}") == "hello"
        assert TOKEN not in client.cell("env").stdout
    finally:
        client.close()
