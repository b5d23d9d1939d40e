"""What there is to know about a language and its toolchain, before anything of it runs."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir

VERSION_TIMEOUT = 20.0


@dataclass(frozen=True, slots=True)
class Language:
    """A language as Jupyter's language_info describes it, and as the person reads its name.

    kernels: names of well-known kernels for it, whose notebooks open with ours.
    spellings: other names of cell commands, which notebooks of those kernels use.
    excluded: cell commands that are the language's own text or another's.
    """

    name: str
    display_name: str
    suffix: str
    mimetype: str
    comment: str
    codemirror_mode: str | dict[str, Any] = ""
    pygments_lexer: str = ""
    info_name: str = ""
    kernels: tuple[str, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()

    def info(self, version: str) -> dict[str, Any]:
        """The language_info of a kernel_info_reply."""
        info: dict[str, Any] = {
            "name": self.info_name or self.name,
            "version": version,
            "mimetype": self.mimetype,
            "file_extension": self.suffix,
        }
        if self.codemirror_mode:
            info["codemirror_mode"] = self.codemirror_mode
        if self.pygments_lexer:
            info["pygments_lexer"] = self.pygments_lexer
        return info


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The program that a language needs: candidates in order of preference, as argument lists.

    debian and pypi name packages that bring it. wheel: where the PyPI package has the program
    itself (module, path in it, arguments): a script would start it as its child, and interrupts
    and measurements would go to the script. version: the argument that makes it print its
    version.
    """

    candidates: tuple[tuple[str, ...], ...]
    debian: str = ""
    pypi: str = ""
    wheel: tuple[str, ...] = ()
    version: tuple[str, ...] = ("--version",)
    pattern: str = r"\d+(?:\.\d+)+"

    def find(self, executable: str = "") -> list[str] | None:
        """The command to use: ``executable`` where one is given, else the first that is there."""
        if executable:
            found = shutil.which(os.path.expanduser(executable))
            return [found] if found else None
        own = os.path.dirname(sys.executable)  # beside our interpreter: what wheels bring
        return self._find_on(None) or self._find_in_wheel() or self._find_on(own)

    def _find_on(self, path: str | None) -> list[str] | None:
        for program, *arguments in self.candidates:
            found = shutil.which(program, path=path)
            if found and not self._is_wheel_script(found):
                return [found, *arguments]
        return None

    def _find_in_wheel(self) -> list[str] | None:
        if not self.wheel:
            return None
        module, path, *arguments = self.wheel
        spec = importlib.util.find_spec(module)
        for folder in (spec and spec.submodule_search_locations) or ():
            program = os.path.join(folder, path)
            if os.access(program, os.X_OK):
                return [program, *arguments]
        return None

    def _is_wheel_script(self, program: str) -> bool:
        if not self.wheel or os.path.dirname(program) != os.path.dirname(sys.executable):
            return False
        with open(program, "rb") as file:
            return file.read(2) == b"#!"

    def missing(self, display_name: str, executable: str = "") -> str:
        """The sentence that says what to install."""
        if executable:
            return f"{display_name} is set to use {executable}, which is not a program here."
        names = " or ".join(" ".join(candidate) for candidate in self.candidates)
        ways = []
        if self.debian:
            ways.append(f"`apt-get install {self.debian}`")
        if self.pypi:
            ways.append(f"`pip install {self.pypi}`")
        bring = f": {' or '.join(ways)} brings it." if ways else "."
        return f"{display_name} needs {names}, which is not there{bring}"

    async def find_version(self, command: Sequence[str]) -> str:
        """What the toolchain says of its version; empty where it says nothing.

        Remembered in a file by the program's path and time, so that a kernel's start need not
        wait for it twice.
        """
        key = " ".join([program_identity(command[0]), *command[1:], *self.version])
        known = read_versions()
        if key not in known:
            known[key] = await asyncio.to_thread(self._ask_version, command)
            write_versions(known)
        return known[key]

    def _ask_version(self, command: Sequence[str]) -> str:
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            answer = subprocess.run(
                [*command, *self.version],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=VERSION_TIMEOUT,
                check=False,
            )
            found = re.search(self.pattern, answer.stdout.decode("utf-8", "replace"))
            return found[0] if found else ""
        return ""


@dataclass(frozen=True, slots=True)
class Sample:
    """A cell of a language's sample programs, and what it must show.

    stdout, stderr and result (as plain text) match regular expressions as a whole; error is the
    error's name, traceback a regular expression to be found in it. answers are given to input
    requests, in order. interrupt: once it has shown its stdout it runs until it is interrupted.
    """

    code: str
    stdout: str | None = None
    stderr: str | None = None
    result: str | None = None
    mime: str | None = None
    error: str | None = None
    traceback: str | None = None
    answers: tuple[str, ...] = field(default=())
    interrupt: bool = False


def program_identity(program: str) -> str:
    """What tells one installed program, and version of it, from another."""
    status = os.stat(os.path.realpath(program))
    return f"{os.path.realpath(program)} {status.st_mtime_ns} {status.st_size}"


def versions_file() -> Path:
    """Where known versions are remembered."""
    return Path(jupyter_data_dir()) / "kernel_runner" / "versions.json"


def read_versions() -> dict[str, str]:
    """The versions that are known, by program; a broken file knows none."""
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(versions_file().read_text())
        if isinstance(known, dict):
            return known
    return {}


def write_versions(known: dict[str, str]) -> None:
    """Remember them; a directory that can't be written only costs time at the next start."""
    path = versions_file()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(known))
        draft.replace(path)
