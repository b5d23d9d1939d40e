"""What a native language has to know: how a cell becomes a shared object, and what stays of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel_runner.native.cache import Built


@dataclass
class Cell:
    """A cell on its way.

    text: as it was written. number: how many cells this session has been given before; it tells
    names of one cell from those of another, also where the execution count stays the same. name:
    its file's name in messages. source: what the compiler is given.
    """

    text: str
    number: int
    name: str
    source: str = ""
    notes: list[str] = field(default_factory=list)  # sentences for the person


class Cells(ABC):
    """The cells of a session: makes their sources, and keeps what is live after each."""

    @abstractmethod
    def is_program(self, text: str) -> bool:
        """Whether a cell has a main function: it is compiled and run as a program of its own."""

    @abstractmethod
    def translate(self, text: str, number: int, name: str, *, quiet: bool = False) -> Cell:
        """A cell with its source; quiet: an expression whose value is wanted, and nothing else."""

    def mend(self, cell: Cell, log: str) -> Cell | None:
        """Another form of a cell that the compiler has refused; None: it is the person's error."""
        return None

    def explain(self, log: str) -> str:
        """A compiler's messages without what the person has not written."""
        return log

    def describe(self, built: Built) -> str:
        """What the cell's code must be told of the types that it shows."""
        return ""

    @abstractmethod
    def commit(self, cell: Cell, kept: int | None, variables: Mapping[str, str]) -> None:
        """A cell has run: its declarations stand, or where it failed the first ``kept`` of them.

        One that the session has gone back from is not told of.

        variables: the types that variables turned out to have.
        """

    @abstractmethod
    def variables(self) -> list[tuple[str, str]]:
        """The live variables, by name and type."""

    @abstractmethod
    def show_variables(self, number: int, name: str) -> Cell:
        """A cell that gives their values, one after the other, as results."""

    def definition(self, name: str) -> str:
        """How a live name was defined, and where; empty where nothing is known of it."""
        return ""

    @abstractmethod
    def reset(self) -> None:
        """Nothing is live."""
