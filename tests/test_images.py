"""Kernels in containers, made from docker/ and met from outside, as `make test-images` does."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from client import Client
from jupyter_client.manager import KernelManager
from test_jail import ATTACKS, SECRET, text_of
from test_samples import check

from kernel_runner.containers import OPTIONS, START
from kernel_runner.jail.policy import SHIPPED
from kernel_runner.languages import runner_class

ENGINE = os.environ["KERNEL_RUNNER_ENGINE"]
IMAGES = os.environ["KERNEL_RUNNER_IMAGES"].split()
DOCKER = Path(__file__).parents[1] / "docker"
PYTHON = "/opt/kernel-runner/bin/python"
HEALTH = (PYTHON, "/usr/local/lib/kernel-runner/health.py")
PORTS = range(5501, 5506)
# What a careful person starts a container with.
SAFE = (
    "--init", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--security-opt=unmask=/proc/*",
    "--read-only", "--tmpfs=/tmp:exec", "--tmpfs=/var/tmp:exec", "--memory=2g", "--pids-limit=512",
)  # fmt: skip


def engine(*words: str, check: bool = True) -> str:
    """Run a command of docker's or podman's; what it prints."""
    done = subprocess.run(
        [ENGINE, *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0 or not check, f"{words}: {done.stderr}"
    return done.stdout.strip()


def runner_command(*words: str, **env: str) -> str:
    """Run kernel-runner; what it prints."""
    command = str(Path(sys.executable).parent / "kernel-runner")
    return subprocess.run(
        [command, *words], capture_output=True, text=True, timeout=60, check=True,
        env={**os.environ, **env},
    ).stdout  # fmt: skip


class Container:
    """A running container, with its kernel's connection file in a folder of ours."""

    def __init__(
        self, image: str, folder: Path, *options: str, command: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o777)  # the container's user is another
        self.id = engine(
            "run", "--detach", *SAFE, *(f"--publish=127.0.0.1::{port}" for port in PORTS),
            "--volume", f"{folder}:/connection", *options, f"kernel-runner:{image}",
            *command,
        )  # fmt: skip
        # The kernel inside writes it once it listens; nothing else comes out of a container.
        deadline = time.monotonic() + 60
        while not self.file.exists() or not self.file.read_text():
            assert time.monotonic() < deadline, engine("logs", self.id)
            time.sleep(0.05)

    @property
    def file(self) -> Path:
        """The connection file, as the kernel has written it."""
        return self.folder / "kernel.json"

    def client(self, folder: Path) -> Client:
        """A client outside."""
        outside = str(folder / "outside.json")
        told = runner_command("connect", self.id, "--engine", ENGINE, "-f", outside)
        assert told == f"{outside}\n"
        client = Client(outside)
        client.ready()
        return client

    @property
    def kernel_pid(self) -> str:
        """The process id that the kernel has inside."""
        look = "import psutil\nfor process in psutil.process_iter():\n"
        look += "    if process.cmdline()[1:3] == ['-m', 'kernel_runner']: print(process.pid)"
        return engine("exec", self.id, PYTHON, "-c", look).split()[0]

    def remove(self) -> None:
        """End it at once."""
        engine("rm", "--force", "--time", "0", self.id, check=False)


@pytest.fixture(params=IMAGES)
def container(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Container]:
    """A container of each image."""
    container = Container(request.param, tmp_path / "connection")
    yield container
    container.remove()


def languages_of(what: str) -> list[str]:
    """The languages of an image or a container, the first with the kernel that it starts."""
    form = '{{index .Config.Labels "kernel_runner.languages"}}'
    return engine("inspect", "--format", form, what).split()


def language_of(container: Container) -> str:
    """The language of its kernel."""
    return languages_of(container.id)[0]


def test_cells_run_in_it(container: Container, tmp_path: Path) -> None:
    client = container.client(tmp_path)
    samples = runner_class(language_of(container)).samples
    for name in ("hello", "state", "value", "unicode"):
        for sample in samples.get(name, ()):
            cell = client.cell(sample.code, sample.answers)
            assert cell.status == ("error" if sample.error else "ok"), cell
    assert engine("exec", container.id, *HEALTH, "/connection/kernel.json") == ""
    client.close()


@pytest.mark.parametrize("image", IMAGES)
def test_each_of_its_languages_says_hello(image: str, tmp_path: Path) -> None:
    for language in languages_of(f"kernel-runner:{image}"):
        (tmp_path / language).mkdir()
        command = ("sh", START, language, "--transport-encryption=required")
        options = OPTIONS.get(language, ())
        container = Container(image, tmp_path / language / "connection", *options, command=command)
        try:
            client = container.client(tmp_path / language)
            for sample in runner_class(language).samples["hello"]:
                check(sample, client.cell(sample.code, sample.answers))
            client.close()
        finally:
            container.remove()


def test_an_interrupt_and_a_question(container: Container, tmp_path: Path) -> None:
    client = container.client(tmp_path)
    samples = runner_class(language_of(container)).samples
    endless, after = samples["interrupt"][:2]
    cell = client.execute(endless.code)
    client.until(cell, "running")
    client.interrupt()
    assert client.finish(cell).error["ename"] == "Interrupted"
    assert client.cell(after.code).status == "ok"
    for sample in samples["stdin"]:
        assert client.cell(sample.code, sample.answers).status == "ok"
    client.close()


def test_it_is_nobody_and_writes_nowhere(container: Container) -> None:
    shell = ("exec", container.id, "sh", "-c")
    assert engine(*shell, "id -u") != "0"
    for place in ("/", "/usr", "/opt/kernel-runner", "/home"):
        assert engine(*shell, f"touch {place}/x 2>/dev/null || echo refused") == "refused"
    assert container.file.stat().st_mode & 0o777 == 0o600
    assert "curve_publickey" in container.file.read_text()


def test_it_ends_when_it_is_told_to(container: Container) -> None:
    started = time.monotonic()
    engine("stop", "--time", "20", container.id)
    assert time.monotonic() - started < 10  # it takes far less, on a machine that is not busy
    assert engine("inspect", "--format", "{{.State.ExitCode}}", container.id) == "0"
    assert not container.file.exists()


def test_its_labels_tell_what_is_in_it(container: Container) -> None:
    labels = json.loads(engine("inspect", "--format", "{{json .Config.Labels}}", container.id))
    language = language_of(container)
    assert labels["kernel_runner.versions"].startswith(f"{language} ")
    assert any(character.isdigit() for character in labels["kernel_runner.versions"])
    assert labels["kernel_runner.ports"] == f"{PORTS[0]}-{PORTS[-1]}"


@pytest.fixture(params=IMAGES, scope="module")
def strict(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Container]:
    """A container of each image that takes code which nobody vouches for."""
    folder = tmp_path_factory.mktemp("strict")
    kernel = (DOCKER / "policy.yml").read_text().partition("program:")[0]
    program = (SHIPPED / "strict.yml").read_text().partition("program:")[2]
    (folder / "policy.yml").write_text(f"{kernel}program:{program}")
    (folder / "other").write_text(SECRET)
    container = Container(
        request.param, folder / "connection", "--env=KERNEL_RUNNER_POLICY=/policy.yml",
        *(f"--volume={folder / name}:/{name}:ro" for name in ("policy.yml", "other")),
    )  # fmt: skip
    yield container
    container.remove()


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_stopped_in_it(strict: Container, tmp_path: Path, name: str) -> None:
    client = strict.client(tmp_path)
    script = ATTACKS[name].bash.replace(sys.executable, "python3").replace("{other}", "/other")
    script = script.replace("{connection}", "/connection/kernel.json")
    cell = client.cell(f"%sh bash -c {shlex.quote(script.replace('{pid}', strict.kernel_pid))}")
    assert re.search(ATTACKS[name].shown, text_of(cell), re.MULTILINE | re.IGNORECASE), cell
    assert "root:" not in text_of(cell) and SECRET not in text_of(cell)
    assert client.cell("%sh echo fine").stdout == "fine\n"
    client.close()


# -- a container for each kernel -------------------------------------------------------------------


def install(image: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> KernelManager:
    """Install an image's first kernel, which is to work in a folder of this one."""
    language = languages_of(image)[0]
    runner_command(
        "install", language, "--container", ENGINE, "--image", image, "--name", "contained",
        "--prefix", str(folder / "prefix"),
    )  # fmt: skip
    monkeypatch.setenv("JUPYTER_PATH", str(folder / "prefix" / "share" / "jupyter"))
    (folder / "work").mkdir()
    manager = KernelManager(kernel_name="contained")
    manager.language = language
    return manager


@pytest.fixture(params=IMAGES)
def manager(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[KernelManager]:
    """What starts kernels in containers, as Jupyter does."""
    manager = install(f"kernel-runner:{request.param}", tmp_path, monkeypatch)
    manager.start_kernel(cwd=str(tmp_path / "work"))
    yield manager
    if manager.has_kernel:
        manager.shutdown_kernel(now=True)
    assert_no_container()


def assert_no_container() -> None:
    """Soon there is none of those that were started for kernels."""
    deadline = time.monotonic() + 60
    # Whoever removes it tells nobody: the engine has to be asked.
    words = ("ps", "--all", "--quiet", "--filter", "name=kernel-runner-")
    while left := engine(*words):
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


def test_it_comes_and_goes_with_the_kernel(manager: KernelManager, tmp_path: Path) -> None:
    (tmp_path / "work" / "given.txt").write_text("from outside")
    client = Client(manager.connection_file)
    client.ready()
    assert client.cell("%sh cat given.txt; echo made > made.txt").stdout == "from outside"
    assert (tmp_path / "work" / "made.txt").read_text() == "made\n"
    endless = runner_class(manager.language).samples["interrupt"][0]
    cell = client.execute(endless.code)
    client.until(cell, "running")
    manager.interrupt_kernel()
    assert client.finish(cell).error["ename"] == "Interrupted"
    for sample in runner_class(manager.language).samples["stdin"]:
        assert client.cell(sample.code, sample.answers).status == "ok"
    client.close()
    manager.restart_kernel()
    again = Client(manager.connection_file)
    again.ready()
    assert again.cell("%sh cat made.txt").stdout == "made\n"
    again.close()
    manager.shutdown_kernel()
    assert_no_container()


def test_none_is_left_when_what_started_it_is_killed(manager: KernelManager) -> None:
    client = Client(manager.connection_file)
    client.ready()
    client.close()
    manager.signal_kernel(signal.SIGKILL)
    assert_no_container()


@pytest.fixture
def labelled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An image like the first, with a label."""
    (tmp_path / "context").mkdir()
    (tmp_path / "context" / "Dockerfile").write_text(
        f"FROM kernel-runner:{IMAGES[0]}\nLABEL kernel_runner.services='{request.param}'\n"
    )
    image = f"kernel-runner-labelled:{os.getpid()}"
    engine("build", "--quiet", "--tag", image, str(tmp_path / "context"))
    yield image
    engine("rmi", "--force", image)


FILES = {"command": "exec python3 -m http.server $PORT", "port": 8000}


@pytest.mark.parametrize("labelled", [json.dumps({"files": FILES})], indirect=True)
def test_an_image_s_label_declares_services(
    labelled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = install(labelled, tmp_path, monkeypatch)
    (tmp_path / "work" / "given.txt").write_text("by the service")
    (tmp_path / "work" / "services.yml").write_text("idle: {command: exec sleep 1000}")
    manager.start_kernel(cwd=str(tmp_path / "work"))
    try:
        client = Client(manager.connection_file)
        client.ready()
        shown = client.cell("%service start files").displays[0]["text/plain"]
        name, state, url = shown.split()
        assert (name, state) == ("files", "running")
        with urllib.request.urlopen(f"{url}given.txt", timeout=30) as answer:
            assert answer.read() == b"by the service"
        listed = client.cell("%service").displays[0]["text/plain"].split()
        assert listed == ["files", "running", url, "idle", "stopped"]
        client.close()
    finally:
        manager.shutdown_kernel(now=True)
    assert_no_container()


@pytest.mark.parametrize("labelled", ["files: {comand: true}"], indirect=True)
def test_a_mistake_in_an_image_s_label_is_one_sentence(
    labelled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = install(labelled, tmp_path, monkeypatch)
    manager.start_kernel(cwd=str(tmp_path / "work"), stderr=subprocess.PIPE)
    process = manager.provisioner.process
    told = process.stderr.read().decode()
    assert process.wait(60) == 2
    assert told.count("\n") == 1 and f"The label kernel_runner.services of {labelled}" in told
    manager.cleanup_resources()


def test_an_image_that_is_not_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
    image = "localhost/kernel-runner:nothing"
    words = ("bash", "--container", ENGINE, "--image", image, "--name", "nothing")
    runner_command("install", *words, "--prefix", str(tmp_path))
    manager = KernelManager(kernel_name="nothing")
    manager.start_kernel(stderr=subprocess.PIPE)
    process = manager.provisioner.process
    told = process.stderr.read().decode()
    assert process.wait(60) == 2
    assert told.count("\n") == 1 and told.startswith(f"The image {image} cannot be had: ")
    manager.cleanup_resources()
