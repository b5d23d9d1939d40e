"""What a runner can say. Nothing else passes between a language and Jupyter."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

# MIME type to data: text, or parsed JSON for JSON types, or bytes for pictures.
Bundle = Mapping[str, Any]
PLAIN = "text/plain"
EXIT_CODE = re.compile(r"\bexit code (\d+)\b")


@dataclass(frozen=True, slots=True)
class CellError:
    """Why a cell failed: the language's own name and message, or one of ours.

    traceback is what is shown, line by line, with positions in the cell's own lines.
    Names of our own making: ExitCode, Signal, BuildFailed, TimeLimit, MemoryLimit,
    OutputLimit, Interrupted, ToolchainMissing, SessionEnded, UsageError.
    """

    name: str
    message: str
    traceback: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """What a command line ends with: the code that an ExitCode tells, else 1."""
        told = EXIT_CODE.search(self.message) if self.name == "ExitCode" else None
        return int(told[1]) if told else 1

    @classmethod
    def plain(cls, name: str, message: str) -> CellError:
        """An error whose sentence says it all."""
        return cls(name, message, [f"\x1b[31m{name}\x1b[0m: {message}"])


class Console(Protocol):
    """Where a cell's output goes: a Jupyter client, or a terminal."""

    @property
    def overwrites(self) -> bool:
        """Whether a tool's progress is shown here as one line; else it comes as the tool has it."""

    def stream(self, name: str, data: bytes) -> asyncio.Future[None] | None:
        """Raw bytes of "stdout" or "stderr", as they come.

        A future in answer says: enough for now, go on when this is done.
        """

    def display(
        self,
        bundle: Bundle,
        metadata: Mapping[str, Any] | None = None,
        *,
        display_id: str | None = None,
        update: bool = False,
    ) -> None:
        """Show a rich value; with update, replace those shown under display_id."""

    def result(self, bundle: Bundle, metadata: Mapping[str, Any] | None = None) -> None:
        """The value of the cell's last expression."""

    def error(self, error: CellError) -> None:
        """The cell has failed."""

    def clear(self, wait: bool = False) -> None:
        """Clear the cell's output; with wait, when the next output comes."""

    async def input(self, prompt: str = "", password: bool = False) -> str:
        """Ask the person for a line. Raises EOFError where nobody can answer."""


class CapturingConsole:
    """Keeps what a tool writes, and answers nothing."""

    overwrites = False

    def __init__(self) -> None:
        self.output = b""

    def stream(self, name: str, data: bytes) -> None:
        """Keep it."""
        self.output += data

    def display(
        self,
        bundle: Bundle,
        metadata: Mapping[str, Any] | None = None,
        *,
        display_id: str | None = None,
        update: bool = False,
    ) -> None:
        """Tools show nothing."""

    def result(self, bundle: Bundle, metadata: Mapping[str, Any] | None = None) -> None:
        """Tools have no values."""

    def error(self, error: CellError) -> None:
        """Whoever captures looks at the exit code."""

    def clear(self, wait: bool = False) -> None:
        """There is nothing to clear."""

    async def input(self, prompt: str = "", password: bool = False) -> str:
        """Nobody is there."""
        raise EOFError


class PassingConsole:
    """Hands all that it is given on to another console; what is not to go on, a subclass keeps."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @property
    def overwrites(self) -> bool:
        """As the other."""
        return self._console.overwrites

    def stream(self, name: str, data: bytes) -> asyncio.Future[None] | None:
        """Pass on."""
        return self._console.stream(name, data)

    def display(
        self,
        bundle: Bundle,
        metadata: Mapping[str, Any] | None = None,
        *,
        display_id: str | None = None,
        update: bool = False,
    ) -> None:
        """Pass on."""
        self._console.display(bundle, metadata, display_id=display_id, update=update)

    def result(self, bundle: Bundle, metadata: Mapping[str, Any] | None = None) -> None:
        """Pass on."""
        self._console.result(bundle, metadata)

    def error(self, error: CellError) -> None:
        """Pass on."""
        self._console.error(error)

    def clear(self, wait: bool = False) -> None:
        """Pass on."""
        self._console.clear(wait)

    async def input(self, prompt: str = "", password: bool = False) -> str:
        """Pass on."""
        return await self._console.input(prompt, password)


class NotingConsole(PassingConsole):
    """Passes all on, and keeps the last error in mind."""

    told: CellError | None = None

    def error(self, error: CellError) -> None:
        """Note it, and pass it on."""
        self.told = error
        super().error(error)


class ValuelessConsole(PassingConsole):
    """Takes what code shows that is run for its effect alone."""

    def result(self, bundle: Bundle, metadata: Mapping[str, Any] | None = None) -> None:
        """Nobody has asked for it."""
