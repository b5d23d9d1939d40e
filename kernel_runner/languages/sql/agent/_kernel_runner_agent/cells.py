"""Runs cells: statements in the database, and the agent's own command lines."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Protocol

from .databases import MEMORY, Database, columns_of, open_database
from .statements import Statement, split
from .tables import Table, text_of

LIMIT = 100
RED, PLAIN = "\x1b[31m", "\x1b[0m"


class Failure(Exception):
    """A cell has failed: the error's name, its message, and what is shown of it."""

    def __init__(self, name: str, message: str, place: str = "") -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.traceback = f"{RED}{name}{PLAIN}: {message}{place}"


class Quit(Exception):
    """The person wants the session to end, with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Screen(Protocol):
    """Where a cell shows things."""

    def show(
        self, bundle: Mapping[str, str], *, kind: str = "display", display_id: str = ""
    ) -> None:
        """Show a value: kind is result, display or update."""

    def clear(self, wait: bool) -> None:
        """Clear what the cell has shown."""

    def say(self, sentence: str) -> None:
        """A remark on stderr."""


class Session:
    """A database, and what the person has set: all that lives from cell to cell."""

    def __init__(self, screen: Screen, url: str = MEMORY) -> None:
        self.interrupted = False
        self.parameters: dict[str, Any] = {}
        self.limit = LIMIT
        self._screen = screen
        self.database = self._open(url)

    def interrupt(self) -> None:
        """Stop the cell; called in another thread."""
        self.interrupted = True
        self.database.interrupt()

    def run(self, code: str, name: str) -> None:
        """Run a cell; positions in it are told as ``name:line``. Raises Failure or Quit."""
        self.interrupted = False
        for statement, is_last in _mark_last(split(code)):
            with self._failures(statement, code, name):
                if statement.is_command:
                    self._command(statement.text)
                else:
                    self._statement(statement, "result" if is_last else "display")

    def value(self, expression: str) -> str:
        """An expression's value, or a query's, as text. Raises Failure."""
        self.interrupted = False
        statement = next(split(expression), None)
        if statement and statement.verb not in ("SELECT", "VALUES", "WITH"):
            statement = next(split(f"SELECT {expression}"))
        if not statement:
            return ""
        with self._failures(statement, statement.text, "expression"), self.database.unchanged():
            table = self._query(statement)
        if table and len(table.columns) == len(table.rows) == 1:
            return text_of(table.rows[0][0])
        return table.text() if table else ""

    # -- statements ----------------------------------------------------------------------------

    def _statement(self, statement: Statement, kind: str) -> None:
        was_open = self.database.in_transaction
        try:
            table = self._query(statement)
        finally:
            ended = was_open and not self.database.in_transaction
            if ended and statement.verb not in ("COMMIT", "END", "ROLLBACK"):
                self._screen.say("The transaction was rolled back.")
        if table is None or self._is_only_shown(table):
            return
        if table.rows or statement.verb != "PRAGMA":
            self._screen.show(table.bundle(), kind=kind)

    def _query(self, statement: Statement) -> Table | None:
        known = self.parameters
        used = {name: known[name] for name in statement.parameters if name in known}
        cursor = self.database.execute(statement, used)
        if cursor is None:
            return None
        rows: list[Any] = []
        while len(rows) <= self.limit and (row := cursor.fetchone()) is not None:
            rows.append(row)
        if self.interrupted:
            raise Failure("Interrupted", "The cell was interrupted.")
        return Table(columns_of(cursor), rows[: self.limit], more=len(rows) > self.limit)

    @staticmethod
    def _is_only_shown(table: Table) -> bool:
        """Whether a query did nothing but call the functions that show something."""
        calls = (f"{name}(" for name in ("display", "update_display", "clear_output"))
        starts = tuple(calls)
        return all(column.lower().startswith(starts) for column in table.columns) and all(
            value is None for row in table.rows for value in row
        )

    @contextlib.contextmanager
    def _failures(self, statement: Statement, code: str, name: str) -> Iterator[None]:
        """Within this, what a statement raises becomes a Failure with its place."""
        try:
            yield
        except (Failure, Quit):
            raise
        except Exception as error:
            if self.interrupted:
                raise Failure("Interrupted", "The cell was interrupted.") from None
            offset = None
            if not statement.is_command and isinstance(error, self.database.errors):
                offset = self.database.locate(error, statement)
            message = str(error).partition("\n\nLINE ")[0].strip()
            at = statement.start + (offset or 0)
            place = _place(code, at, name, points=offset is not None)
            raise Failure(type(error).__name__, message, place) from None

    # -- command lines -------------------------------------------------------------------------

    def _command(self, line: str) -> None:
        name, _, argument = line.partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            "%connect": self._connect,
            "%set": self._set,
            "%limit": self._set_limit,
            ".cd": os.chdir,
            ".exit": self._quit,
            ".open": self._connect,
            ".quit": self._quit,
            ".schema": self._show_schema,
            ".tables": self._show_tables,
        }
        # %LOAD FILE [rw] is the xeus-sqlite kernel's.
        if name == "%LOAD":
            name, argument = "%connect", re.sub(r"\s+(rw?|w)$", "", argument)
        if name not in commands:
            known = ", ".join(commands)
            raise Failure("UsageError", f"There is no {name} here; there are {known}.")
        commands[name](argument.strip())

    def _connect(self, url: str) -> None:
        if not url:
            print(f"{self.database.system}: {self.database.where}", flush=True)
            return
        self._leave()
        old, self.database = self.database, self._open(url)
        old.close()

    def _leave(self) -> None:
        if self.database.in_transaction:
            self._screen.say("The open transaction was rolled back.")
        if self.database.where == MEMORY and self.database.schema():
            self._screen.say("The tables of the database in memory are gone.")

    def _open(self, url: str) -> Database:
        database = open_database(url, lambda: self.interrupted)
        database.define(
            {
                "display": self._display,
                "update_display": self._update,
                "clear_output": self._clear,
            }
        )
        return database

    def _set(self, text: str) -> None:
        """The value is an SQL expression; parameters that are set already may be in it."""
        name, sets, expression = (part.strip() for part in text.partition("="))
        if not name and not sets:
            rows = sorted(self.parameters.items())
            self._screen.show(Table(["name", "value"], rows).bundle())
            return
        name = name.lstrip(":@$")
        if not name.isidentifier() or not expression:
            raise Failure("UsageError", "%set needs a name and a value: %set name = 'value'.")
        table = self._query(next(split(f"SELECT {expression}")))
        self.parameters[name] = table.rows[0][0] if table and table.rows else None

    def _set_limit(self, text: str) -> None:
        if not text.isdecimal():
            raise Failure("UsageError", f"%limit needs a number of rows; it is {self.limit} now.")
        self.limit = int(text)

    def _quit(self, text: str) -> None:
        raise Quit(int(text) if text.isdecimal() else 0)

    def _show_tables(self, _: str) -> None:
        rows = [(table, ", ".join(columns)) for table, columns in self.database.schema().items()]
        self._screen.show(Table(["table", "columns"], sorted(rows)).bundle())

    def _show_schema(self, table: str) -> None:
        for name in [table] if table else sorted(self.database.schema()):
            print(self.database.definition(name), flush=True)

    # -- functions in SQL ----------------------------------------------------------------------

    def _display(self, mime: str, data: Any, display_id: str = "") -> None:
        self._screen.show(_bundle(mime, data), display_id=display_id)

    def _update(self, mime: str, data: Any, display_id: str) -> None:
        self._screen.show(_bundle(mime, data), kind="update", display_id=display_id)

    def _clear(self, wait: Any = 0) -> None:
        self._screen.clear(str(wait) not in ("0", "", "false"))


def _bundle(mime: str, data: Any) -> dict[str, Any]:
    """What display() shows; a console sees the text, or what kind of thing it is."""
    text = data if isinstance(data, str) else f"<{mime}>"
    return {mime: data if isinstance(data, bytes) else text_of(data), "text/plain": text}


def _mark_last(statements: Iterator[Statement]) -> Iterator[tuple[Statement, bool]]:
    """Each statement, and whether it is the last."""
    waiting = list(islice(statements, 1))
    for statement in statements:
        yield waiting.pop(), False
        waiting.append(statement)
    for statement in waiting:
        yield statement, True


def _place(code: str, at: int, name: str, *, points: bool) -> str:
    """Lines that show where an error is; with a caret where the column is known."""
    line = code.count("\n", 0, at) + 1
    begin = code.rfind("\n", 0, at) + 1
    text = code[begin:].partition("\n")[0][:200].rstrip()
    caret = f"\n{' ' * (at - begin)}^" if points and at - begin < 200 else ""
    return f"\n{name}:{line}\n{text}{caret}"
