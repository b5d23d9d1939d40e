"""Kernels to test, each in a home of its own."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from client import Client, Kernel, free_ports
from jupyter_client.connect import LocalPortCache

from kernel_runner.languages import runner_class
from kernel_runner.languages.rust.runner import rustup_home

# jupyter_client's channels keep descriptors until they are collected: a thousand are soon gone.
SOFT, HARD = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (HARD, HARD))

ALL = "KERNEL_RUNNER_ALL"  # set: a missing toolchain is a failure
# They need images, and an engine to run them: see `make test-images`.
collect_ignore = [] if "KERNEL_RUNNER_ENGINE" in os.environ else ["test_images.py"]
Start = Callable[..., Kernel]


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty HOME and Jupyter directories, for us and for all that is started from here."""
    home = tmp_path_factory.mktemp("home")
    toolchains = os.environ.get("RUSTUP_HOME") or rustup_home() or str(Path.home() / ".rustup")
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("JUPYTER_", "IPYTHON", "XDG_", "JPY_", "GIT_", "MAKE", "MFLAGS")):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("RUSTUP_HOME", toolchains)  # rustup's rustc looks there for the real one
        patch.setenv("JUPYTER_DATA_DIR", str(home / "data"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(home / "runtime"))
        patch.setenv("JUPYTER_CONFIG_DIR", str(home / "config"))
        yield home


@pytest.fixture(scope="session", autouse=True)
def ports() -> Iterator[None]:
    """Kernels' ports are ones that no other test's connection can take before the kernel does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalPortCache, "find_available_port", lambda _cache, _ip: free_ports(1)[0])
        yield


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts kernels that only one test has: start(language, *arguments, env=...)."""
    kernels: list[Kernel] = []

    def start(language: str, *arguments: str, **more: object) -> Kernel:
        require(language)
        folder = tmp_path / str(len(kernels)) / "work"
        kernel = Kernel(language, folder, *arguments, **more)  # type: ignore[arg-type]
        kernels.append(kernel)
        return kernel

    yield start
    close_all(kernels)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Kernel]]:
    """A module's own kernel of a language, started when it is first asked for."""
    kernels: dict[str, Kernel] = {}

    def shared(language: str) -> Kernel:
        require(language)
        kernel = kernels.get(language)
        if kernel is None:
            kernel = Kernel(language, tmp_path_factory.mktemp(language) / "work")
            kernels[language] = kernel
        return kernel

    yield shared
    close_all(list(kernels.values()))


@pytest.fixture
def python(shared: Callable[[str], Kernel]) -> Client:
    """The client of the module's Python kernel (with IPython)."""
    return shared("python").client


@pytest.fixture
def bash(shared: Callable[[str], Kernel]) -> Client:
    """The client of the module's Bash kernel."""
    return shared("bash").client


@pytest.fixture
def nodejs(shared: Callable[[str], Kernel]) -> Client:
    """The client of the module's JavaScript kernel."""
    return shared("nodejs").client


@pytest.fixture
def c(shared: Callable[[str], Kernel]) -> Client:
    """The client of the module's C kernel."""
    return shared("c").client


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter that has nothing but the standard library."""
    venv = tmp_path_factory.mktemp("bare") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    return str(venv / "bin" / "python")


def require(language: str) -> None:
    """Skip the test where the language's toolchain is missing, or fail where none may be."""
    class_ = runner_class(language)
    if class_.toolchain.find() is None:
        sentence = class_.toolchain.missing(class_.language.display_name)
        if os.environ.get(ALL):
            pytest.fail(sentence)
        pytest.skip(sentence)


def require_tool(tool: str) -> None:
    """Skip the test where another program is missing, or fail where none may be."""
    if shutil.which(tool) is None:
        if os.environ.get(ALL):
            pytest.fail(f"{tool} is missing: tools/toolchains.sh brings it.")
        pytest.skip(f"{tool} is missing")


def close_all(kernels: list[Kernel]) -> None:
    """Close all, and then tell of the first that could not be closed cleanly."""
    failures = []
    for kernel in kernels:
        try:
            kernel.close()
        except AssertionError as error:
            failures.append(error)
    if failures:
        raise failures[0]
