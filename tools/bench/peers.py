"""The kernels that others have made, each in a place of the benchmark's own.

Nothing is put into the user's Jupyter folders or into the system: PyPI's go into a virtual
environment, npm's into a folder, and Debian's packages are only unpacked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PLACE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kernel-runner-bench"
PYTHON = PLACE / "pypi/bin/python"
KERNELS = PLACE / "pypi/share/jupyter/kernels"
DEBIAN = PLACE / "debian"
HOME = PLACE / "home"
MULTIARCH = sysconfig.get_config_var("MULTIARCH") or ""  # where Debian keeps libraries
INSTALL_TIMEOUT = 1800


class NotInstalled(Exception):
    """A peer that could not be installed; the message is a sentence."""


@dataclass(frozen=True)
class Peer:
    """Another kernel of a language: its command, and what brings it: PyPI's requirements, or the
    package of npm, Debian or cargo.
    """

    name: str
    argv: tuple[str, ...]
    pypi: str = ""
    npm: str = ""
    debian: str = ""
    cargo: str = ""
    interrupt_mode: str = "signal"
    environment: dict[str, str] = field(default_factory=dict)

    def bring(self) -> None:
        """Install it where it is missing. Raises NotInstalled."""
        (HOME / ".local/share/jupyter").mkdir(parents=True, exist_ok=True)  # ilua makes one of two
        wanted = f"{self.pypi}{self.npm}{self.debian}{self.cargo}"
        mark = PLACE / f"{self.name}.installed"
        if mark.is_file() and mark.read_text() == wanted:
            return
        if self.pypi:
            bring_from_pypi(self.pypi)
        elif self.npm:
            bring_from_npm(self.npm)
        elif self.cargo:
            bring_from_cargo(self.cargo)
        else:
            bring_from_debian(self.debian)
        mark.write_text(wanted)

    @property
    def env(self) -> dict[str, str]:
        """Its environment: a home of its own, so that it leaves the user's alone."""
        return {"HOME": str(HOME), **self.environment}


def module(name: str, *arguments: str) -> tuple[str, ...]:
    """The command of a kernel that is a module of the peers' Python."""
    return (str(PYTHON), "-m", name, *(arguments or ("-f", "{connection_file}")))


def bring_from_pypi(requirements: str) -> None:
    """Install them into the peers' virtual environment. Raises NotInstalled."""
    if not PYTHON.exists():
        run([sys.executable, "-m", "venv", str(PLACE / "pypi")])
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, *requirements.split()])


def bring_from_npm(package: str) -> None:
    """Install it into the peers' node_modules. Raises NotInstalled."""
    folder = PLACE / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    run(["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", package])


def bring_from_debian(package: str) -> None:
    """Unpack it, and whatever it needs that the system lacks. Raises NotInstalled."""
    plan = run(["apt-get", "install", "--simulate", "--no-install-recommends", package])
    lines = [line.split() for line in plan.splitlines()]
    needed = [words[1] for words in lines if words[:1] == ["Inst"]] or [package]
    with tempfile.TemporaryDirectory() as folder:
        run(["apt-get", "download", *needed], cwd=folder)
        for archive in Path(folder).glob("*.deb"):
            run(["dpkg", "-x", str(archive), str(DEBIAN)])


def bring_from_cargo(package: str) -> None:
    """Compile it into the peers' place, which takes minutes. Raises NotInstalled."""
    run(["cargo", "install", "--quiet", "--locked", "--root", str(PLACE / "cargo"), package])


def run(argv: Sequence[str], cwd: str | None = None) -> str:
    """What an installer writes. Raises NotInstalled with its last line where it fails."""
    if shutil.which(argv[0]) is None:
        raise NotInstalled(f"there is no {argv[0]}")
    try:
        done = subprocess.run(
            argv, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=INSTALL_TIMEOUT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"{argv[0]} took more than {INSTALL_TIMEOUT} s") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NotInstalled(said[-1] if said else f"{argv[0]} failed")
    return done.stdout


DENO = Peer(
    "Deno",
    (str(PYTHON.parent / "deno"), "jupyter", "--kernel", "--conn", "{connection_file}"),
    pypi="deno>=2.9,<3",
    interrupt_mode="message",
)

PEERS: dict[str, tuple[Peer, ...]] = {
    "rust": (
        Peer(
            "evcxr",
            (str(PLACE / "cargo/bin/evcxr_jupyter"), "--control_file", "{connection_file}"),
            cargo="evcxr_jupyter",
            environment={
                name: os.environ.get(name) or str(Path.home() / folder)
                for name, folder in (("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo"))
            },
        ),
    ),
    "bash": (Peer("bash_kernel", module("bash_kernel"), pypi="bash_kernel>=0.10,<0.11"),),
    "java": (
        Peer(
            "JJava",
            (
                "java",
                "-jar",
                str(KERNELS / "java/jjava-launcher.jar"),
                str(KERNELS / "java/jjava.jar"),
                "{connection_file}",
            ),
            pypi="jjava>=1.0a8,<2",
            interrupt_mode="message",
        ),
    ),
    "lua": (
        Peer(
            "ilua",
            module("ilua.app", "-c", "{connection_file}", "-i", "lua"),
            pypi="ilua>=0.2.1,<0.3",
            interrupt_mode="message",
        ),
    ),
    "nodejs": (DENO,),
    "octave": (Peer("octave_kernel", module("octave_kernel"), pypi="octave_kernel>=1.1,<2"),),
    "prolog": (
        Peer("prolog_kernel", module("prolog_kernel"), pypi="prolog-kernel>=0.0.9,<0.1 requests"),
    ),
    "python": (
        Peer("ipykernel", module("ipykernel_launcher"), pypi="ipykernel>=7.4,<8"),
        Peer("xeus-python", module("xpython_launcher"), pypi="xeus-python>=0.19,<0.20"),
    ),
    "r": (
        Peer(
            "IRkernel",
            ("R", "--no-echo", "-e", "IRkernel::main()", "--args", "{connection_file}"),
            debian="r-cran-irkernel",
            environment={
                "R_LIBS": str(DEBIAN / "usr/lib/R/site-library"),
                "LD_LIBRARY_PATH": str(DEBIAN / "usr/lib" / MULTIARCH),
            },
        ),
    ),
    "scheme": (Peer("calysto_scheme", module("calysto_scheme"), pypi="calysto_scheme>=2.1,<3"),),
    "tcl": (Peer("tcl_kernel", module("tcl_kernel"), pypi="tcl_kernel>=0.0.5,<0.1"),),
    "typescript": (
        Peer(
            "tslab",
            (
                str(PLACE / "npm/node_modules/.bin/tslab"),
                "kernel",
                "--config-path={connection_file}",
            ),
            npm="tslab@1.0",
        ),
        DENO,
    ),
}
