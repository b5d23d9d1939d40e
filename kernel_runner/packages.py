"""%dep: packages of a language's own ecosystem, by its own manager, in a place of the kernels'.

The place is one folder a manager in the user's Jupyter data directory, so that a package is there
for every later kernel, and the person's own projects and interpreters stay as they are.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from kernel_runner.language import Toolchain


class PackageError(Exception):
    """Packages can't be installed; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Packages:
    """How one language gets packages.

    manager: its name, and the place's. arguments: what its command is given before the packages'
    names. variables: paths that the language looks for packages in; they are put before what the
    person has set. loading: code that makes a running session look again. In these, {place}
    stands for the place and {version} for the first two numbers of the language's version.
    tool: the manager's own program; None where the language's interpreter is the manager.
    """

    manager: str
    arguments: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    loading: str = ""
    tool: Toolchain | None = None

    @property
    def place(self) -> Path:
        """The folder that packages are installed in."""
        return Path(jupyter_data_dir()) / "kernel_runner" / "packages" / self.manager

    def environment(self, known: Mapping[str, str]) -> dict[str, str]:
        """The variables, as a session is given them."""
        paths = {name: self.filled(value) for name, value in self.variables.items()}
        return {
            name: f"{path}{os.pathsep}{known[name]}" if known.get(name) else path
            for name, path in paths.items()
        }

    def command(self, tool: Sequence[str], names: Sequence[str], version: str = "") -> list[str]:
        """The command that installs packages."""
        return [*tool, *(self.filled(word, version) for word in self.arguments), *names]

    def filled(self, text: str, version: str = "") -> str:
        """``text`` with the place and the version in it."""
        short = ".".join(version.split(".")[:2])
        return text.replace("{place}", str(self.place)).replace("{version}", short)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """The place, for one kernel at a time. Raises PackageError."""
        try:
            self.place.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.place / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            sentence = f"{self.place} cannot be used: {error.strerror}."
            raise PackageError(sentence) from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                sentence = f"Another kernel is using {self.manager} just now: try again later."
                raise PackageError(sentence) from error
            yield
        finally:
            os.close(lock)
