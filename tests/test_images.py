"""Kernels in containers, made from docker/ and met from outside, as `make test-images` does."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client import Client

from kernel_runner.languages import runner_class

ENGINE = os.environ["KERNEL_RUNNER_ENGINE"]
IMAGES = os.environ["KERNEL_RUNNER_IMAGES"].split()
HEALTH = ("/opt/kernel-runner/bin/python", "/usr/local/lib/kernel-runner/health.py")
PORTS = range(5501, 5506)
# What a careful person starts a container with.
SAFE = (
    "--init", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--security-opt=unmask=/proc/*",
    "--read-only", "--tmpfs=/tmp", "--memory=2g", "--pids-limit=512",
)  # fmt: skip


def engine(*words: str, check: bool = True) -> str:
    """Run a command of docker's or podman's; what it prints."""
    done = subprocess.run(
        [ENGINE, *words], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0 or not check, f"{words}: {done.stderr}"
    return done.stdout.strip()


class Container:
    """A running container, with its kernel's connection file in a folder of ours."""

    def __init__(self, image: str, folder: Path, *options: str) -> None:
        self.folder = folder
        folder.mkdir()
        folder.chmod(0o777)  # the container's user is another
        self.id = engine(
            "run", "--detach", *SAFE, *(f"--publish=127.0.0.1::{port}" for port in PORTS),
            "--volume", f"{folder}:/connection", *options, f"kernel-runner:{image}",
        )  # fmt: skip

    def connection(self) -> dict[str, Any]:
        """The kernel's connection file, with the ports as they are outside."""
        path = self.folder / "kernel.json"
        deadline = time.monotonic() + 60
        while not path.exists() or not path.read_text():
            assert time.monotonic() < deadline, engine("logs", self.id)
            time.sleep(0.05)
        told: dict[str, Any] = json.loads(path.read_text())
        for name in [name for name in told if name.endswith("_port")]:
            outside = engine("port", self.id, f"{told[name]}/tcp")
            told[name] = int(outside.rpartition(":")[2])
        told["ip"] = "127.0.0.1"
        return told

    def client(self, folder: Path) -> Client:
        """A client outside."""
        path = folder / "outside.json"
        path.write_text(json.dumps(self.connection()))
        client = Client(str(path))
        client.ready()
        return client

    def remove(self) -> None:
        """End it at once."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            engine("rm", "--force", "--time", "0", self.id, check=False)


@pytest.fixture(params=IMAGES)
def container(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Container]:
    """A container of each image."""
    container = Container(request.param, tmp_path / "connection")
    yield container
    container.remove()


def language_of(container: Container) -> str:
    """The language of its kernel."""
    label = engine(
        "inspect", "--format", '{{index .Config.Labels "kernel_runner.languages"}}', container.id
    )
    return label.split()[0]


def test_cells_run_in_it(container: Container, tmp_path: Path) -> None:
    client = container.client(tmp_path)
    samples = runner_class(language_of(container)).samples
    for name in ("hello", "state", "value", "unicode"):
        for sample in samples.get(name, ()):
            cell = client.cell(sample.code, sample.answers)
            assert cell.status == ("error" if sample.error else "ok"), cell
    assert engine("exec", container.id, *HEALTH, "/connection/kernel.json") == ""
    client.close()


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
    container.connection()
    assert (container.folder / "kernel.json").stat().st_mode & 0o777 == 0o600


def test_it_ends_when_it_is_told_to(container: Container) -> None:
    container.connection()
    started = time.monotonic()
    engine("stop", "--time", "20", container.id)
    assert time.monotonic() - started < 10  # it takes far less, on a machine that is not busy
    assert engine("inspect", "--format", "{{.State.ExitCode}}", container.id) == "0"
    assert not (container.folder / "kernel.json").exists()


def test_its_labels_tell_what_is_in_it(container: Container) -> None:
    labels = json.loads(engine("inspect", "--format", "{{json .Config.Labels}}", container.id))
    language = language_of(container)
    assert labels["kernel_runner.versions"].startswith(f"{language} ")
    assert any(character.isdigit() for character in labels["kernel_runner.versions"])
    assert labels["kernel_runner.ports"] == f"{PORTS[0]}-{PORTS[-1]}"
