"""Kernelspecs: those of the repository, those of the wheel, and those that are installed."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from client import Client
from conftest import require
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager
from test_cli import command

from kernel_runner.kernelspec import kernel_spec, kernelspecs_folder
from kernel_runner.languages import LANGUAGES, runner_class

ROOT = Path(__file__).parent.parent
FILES = ["kernel.json", "logo-64x64.png", "logo-svg.svg"]


class Stranger:
    """A kernel of somebody else's, under a name that we would take."""

    spec = '{"argv": ["true"], "display_name": "A stranger", "language": "bash"}'

    def __init__(self, prefix: Path, name: str = "bash") -> None:
        self.folder = prefix / "share" / "jupyter" / "kernels" / name
        self.folder.mkdir(parents=True)
        (self.folder / "kernel.json").write_text(self.spec)

    @property
    def untouched(self) -> bool:
        """Whether it is as it was."""
        return (self.folder / "kernel.json").read_text() == self.spec


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A prefix in which Jupyter looks for kernels."""
    prefix = tmp_path / "a prefix"
    monkeypatch.setenv("JUPYTER_PATH", str(prefix / "share" / "jupyter"))
    yield prefix


def installed_spec(prefix: Path, name: str) -> dict[str, Any]:
    """The kernel.json that was installed."""
    path = prefix / "share" / "jupyter" / "kernels" / name / "kernel.json"
    spec: dict[str, Any] = json.loads(path.read_text())
    return spec


def stdout_of(name: str, code: str) -> str:
    """What a cell writes in an installed kernel."""
    manager = KernelManager(kernel_name=name, kernel_spec_manager=KernelSpecManager())
    manager.start_kernel()
    client = Client(manager.connection_file)
    try:
        client.ready()
        return client.cell(code).stdout
    finally:
        manager.shutdown_kernel()
        client.close()
        manager.cleanup_resources()


# -- the repository and the wheel ------------------------------------------------------------------


def test_every_language_has_a_kernelspec() -> None:
    assert sorted(path.name for path in kernelspecs_folder().iterdir()) == sorted(LANGUAGES)


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_files_say_what_the_registry_says(name: str) -> None:
    """After a change: python tools/make_kernelspecs.py."""
    folder = kernelspecs_folder() / name
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert json.loads((folder / "kernel.json").read_text()) == kernel_spec(runner_class(name))


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_logos_are_pictures(name: str) -> None:
    folder = kernelspecs_folder() / name
    header = (folder / "logo-64x64.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", header[16:]) == (64, 64)
    drawing = ET.parse(folder / "logo-svg.svg").getroot()
    assert (drawing.tag, drawing.get("viewBox")) == ("{http://www.w3.org/2000/svg}svg", "0 0 64 64")


def test_a_kernel_json_has_what_clients_look_for() -> None:
    spec = kernel_spec(runner_class("nodejs"))
    assert spec["argv"][0] == "python3"
    assert "{connection_file}" in spec["argv"]
    assert spec["language"] == "javascript"
    assert spec["interrupt_mode"] == "message"
    assert spec["metadata"]["supported_encryption"] == "curve"
    assert spec["metadata"]["debugger"] is False


def test_the_wheel_carries_them(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for language in LANGUAGES:
        assert {f"kernel_runner/kernelspecs/{language}/{file}" for file in FILES} <= names
    for agent in ("bash/agent.sh", "nodejs/agent.js", "python/agent/__main__.py"):
        assert f"kernel_runner/languages/{agent}" in names


# -- installing ------------------------------------------------------------------------------------


def test_install_and_start(prefix: Path) -> None:
    done = command("install", "bash", "--prefix", str(prefix))
    folder = prefix / "share" / "jupyter" / "kernels" / "bash"
    said, hides, _ = done.stdout.decode().partition(" (it hides the kernel of that name in ")
    assert said.removesuffix("\n") == f"installed bash in {folder}", hides
    assert (done.stderr, done.returncode) == (b"", 0)
    assert sorted(path.name for path in folder.iterdir()) == FILES
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in (folder, *folder.iterdir()))
    assert Path(installed_spec(prefix, "bash")["argv"][0]).samefile(sys.executable)
    assert stdout_of("bash", "echo $((6 * 7))") == "42\n"


def test_jupyter_kernelspec_install_works_too(prefix: Path) -> None:
    require("c")
    jupyter = [sys.executable, "-m", "jupyter_client.kernelspecapp", "install"]
    source = str(kernelspecs_folder() / "c")
    subprocess.run([*jupyter, source, "--prefix", str(prefix)], check=True, capture_output=True)
    program = '#include <stdio.h>\nint main(void) { puts("42"); return 0; }'
    assert stdout_of("c", program) == "42\n"
    assert command("install", "c", "--prefix", str(prefix)).returncode == 0


def test_install_without_names_takes_what_is_there(tmp_path: Path, prefix: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").write_text("#!/bin/sh\n")
    (tools / "git").chmod(0o755)
    done = command("install", "--prefix", str(prefix), env={"PATH": str(tools)})
    assert done.returncode == 0
    names = {path.name for path in (prefix / "share" / "jupyter" / "kernels").iterdir()}
    assert "git" in names
    assert not names & {"bash", "r"}


def test_install_for_the_person_is_what_is_done_anyway(home: Path) -> None:
    assert command("install", "git").returncode == 0
    assert (home / "data" / "kernels" / "git" / "kernel.json").exists()
    (state,) = [s for s in json.loads(command("list", "--json").stdout) if s["name"] == "git"]
    assert state["kernels"] == ["git"]


def test_python_gets_a_name_under_which_it_can_be_started(prefix: Path) -> None:
    done = command("install", "python", "--prefix", str(prefix), "--name", "python")
    assert done.stderr == b"Jupyter starts python3 when it is asked for python: use another name.\n"
    assert done.returncode == 2
    assert command("install", "python", "--prefix", str(prefix)).returncode == 0
    assert stdout_of("kernel-runner-python", "print(6 * 7)") == "42\n"


def test_an_interpreter_of_ones_own(prefix: Path, bare_python: str) -> None:
    names = ["--name", "Bare", "--display-name", "Python, bare"]
    where = ["--prefix", str(prefix), "--executable", bare_python]
    assert command("install", "python", *names, *where).returncode == 0
    spec = installed_spec(prefix, "bare")
    assert spec["display_name"] == "Python, bare"
    assert spec["argv"][-2:] == ["--executable", bare_python]
    assert stdout_of("bare", "import sys; print(sys.executable)").strip() == bare_python


def test_an_executable_has_to_be_one(prefix: Path) -> None:
    done = command("install", "python", "--prefix", str(prefix), "--executable", "/etc/passwd")
    assert done.stderr == b"Python is set to use /etc/passwd, which is not a program here.\n"
    assert done.returncode == 127
    assert not prefix.exists()


def test_a_missing_toolchain_is_told(prefix: Path, tmp_path: Path) -> None:
    done = command("install", "git", "--prefix", str(prefix), env={"PATH": str(tmp_path)})
    assert b"`apt-get install git`" in done.stderr
    assert done.returncode == 127


def test_a_strangers_kernel_is_left_alone(prefix: Path) -> None:
    stranger = Stranger(prefix)
    done = command("install", "git", "bash", "--prefix", str(prefix))
    assert done.stderr.startswith(f"{stranger.folder} is another's kernel: ".encode())
    assert done.stderr.count(b"\n") == 1
    assert done.returncode == 2
    assert stranger.untouched
    assert installed_spec(prefix, "git")["display_name"] == "Git"


def test_a_strangers_kernel_is_replaced_when_asked(prefix: Path) -> None:
    stranger = Stranger(prefix)
    assert command("install", "bash", "--prefix", str(prefix), "--replace").returncode == 0
    assert not stranger.untouched


def test_our_own_kernels_are_updated(prefix: Path) -> None:
    for name in ("Old", "New"):
        done = command("install", "git", "--prefix", str(prefix), "--display-name", name)
        assert done.returncode == 0
    assert installed_spec(prefix, "git")["display_name"] == "New"


def test_a_kernel_that_is_hidden_or_hides_is_told(prefix: Path, home: Path) -> None:
    hidden = Stranger(prefix, "hidden")
    done = command("install", "git", "--name", "hidden")
    assert f"(Jupyter prefers the kernel of that name in {hidden.folder})" in done.stdout.decode()
    assert hidden.untouched
    done = command("install", "git", "--name", "hides")
    assert done.stdout.decode().endswith("hides\n")
    done = command("install", "git", "--name", "hides", "--prefix", str(prefix))
    assert f"(it hides the kernel of that name in {home}" in done.stdout.decode()


def test_a_prefix_where_nobody_looks_is_told(tmp_path: Path) -> None:
    done = command("install", "git", "--prefix", str(tmp_path))
    assert f"(Jupyter looks for kernels there once JUPYTER_PATH has {tmp_path}" in str(done.stdout)


def test_a_name_has_to_be_one(prefix: Path) -> None:
    done = command("install", "git", "--prefix", str(prefix), "--name", "a/b")
    assert done.stderr.startswith(b"'a/b' cannot be the name of a kernel: ")
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)


def test_a_prefix_has_to_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = command("install", "git", "--prefix", str(tmp_path / "file"))
    assert done.stderr.endswith(b"cannot be written: Not a directory.\n")
    assert done.returncode == 2


# -- broken ones -----------------------------------------------------------------------------------


def test_doctor_finds_broken_kernels(prefix: Path, bare_python: str) -> None:
    def break_(name: str, change: dict[int, str]) -> None:
        assert command("install", "python", "--name", name, "--prefix", str(prefix)).returncode == 0
        spec = installed_spec(prefix, name)
        argv = [*spec["argv"], "--executable", sys.executable]
        spec["argv"] = [change.get(at, word) for at, word in enumerate(argv)]
        if 3 in change:
            spec["metadata"]["kernel_runner"]["language"] = change[3]
        (kernels / name / "kernel.json").write_text(json.dumps(spec))

    kernels = prefix / "share" / "jupyter" / "kernels"
    break_("whole", {})
    break_("gone", {0: "/nowhere/python"})
    break_("empty", {0: bare_python})
    break_("foreign", {3: "klingon"})
    break_("homeless", {7: "/nowhere/python"})
    shutil.copytree(kernels / "whole", kernels / "python")
    done = command("doctor", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["ok"] is False
    checks = {check["name"]: check for check in found["kernels"]}
    assert checks["whole"]["ok"]
    sentences = {
        "gone": "its interpreter /nowhere/python is not there any more",
        "empty": f"its interpreter {bare_python} has no kernel_runner any more",
        "foreign": "There is no language 'klingon'; ",
        "python": "Jupyter starts python3 when it is asked for python",
        "homeless": "Python is set to use /nowhere/python, which is not a program here.",
    }
    for name, sentence in sentences.items():
        assert not checks[name]["ok"]
        assert checks[name]["detail"].startswith(sentence)
