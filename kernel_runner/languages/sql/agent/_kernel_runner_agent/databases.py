"""The open database: SQLite's or DuckDB's, behind one face."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .statements import Statement

MEMORY = ":memory:"
DUCKDB_SUFFIXES = (".duckdb", ".ddb")
NEAR = re.compile(
    r'near "(.*?)"|(?:no such \w+|unrecognized token|ambiguous column name): "?(.+?)"?$'
)
# Instructions of SQLite's machine between two looks at whether the person has interrupted.
PROGRESS = 100_000
# How many arguments the functions of cells.py take in DuckDB.
ARGUMENTS = {"display": 2, "update_display": 3, "clear_output": 1}

Functions = Mapping[str, Callable[..., None]]


class Database(ABC):
    """A connection, and what its system does in a way of its own.

    where: the file, or ``:memory:``. errors: what its statements may raise.
    """

    system: str
    errors: tuple[type, ...]

    def __init__(self, where: str) -> None:
        self.where = where

    @abstractmethod
    def execute(self, statement: Statement, parameters: Mapping[str, Any]) -> Any | None:
        """Run a statement: a cursor where it gives a result set, else None."""

    @abstractmethod
    def interrupt(self) -> None:
        """Stop the statement that runs, from another thread."""

    @abstractmethod
    def define(self, functions: Functions) -> None:
        """Make Python functions known to SQL."""

    @abstractmethod
    def schema(self) -> dict[str, list[str]]:
        """The columns of each table and view."""

    @abstractmethod
    def definition(self, table: str) -> str:
        """The SQL that made a table; empty where it is unknown."""

    @abstractmethod
    def locate(self, error: Exception, statement: Statement) -> int | None:
        """Where in a statement's text an error is; None where nothing says so."""

    def complaint(self, text: str) -> str | None:
        """What is wrong with a statement's syntax; None where nothing is, or none can tell."""
        return None

    @contextlib.contextmanager
    def unchanged(self) -> Any:
        """Within this, statements can only read, where the system can see to that."""
        yield

    @property
    @abstractmethod
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""


class SQLite(Database):
    """SQLite, from the standard library. Nothing begins a transaction but the person."""

    system = f"SQLite {sqlite3.sqlite_version}"
    errors = (sqlite3.Error, sqlite3.Warning)

    def __init__(self, where: str, interrupted: Callable[[], bool]) -> None:
        super().__init__(where)
        is_uri = where.startswith("file:")
        self._connection = sqlite3.connect(
            where, isolation_level=None, check_same_thread=False, uri=is_uri
        )
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        # interrupt() does nothing in the moment before a statement starts; this does.
        self._connection.set_progress_handler(interrupted, PROGRESS)
        self._scratch: sqlite3.Connection | None = None

    def execute(self, statement: Statement, parameters: Mapping[str, Any]) -> Any | None:
        """Run a statement."""
        cursor = self._connection.execute(statement.text, parameters)
        return cursor if cursor.description else None

    def interrupt(self) -> None:
        """SQLite's own interrupt."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.interrupt()

    def define(self, functions: Functions) -> None:
        """Functions with any number of arguments."""
        for name, function in functions.items():
            self._connection.create_function(name, -1, function)

    def schema(self) -> dict[str, list[str]]:
        """The tables of the main database, the temporary ones, and those attached."""
        found: dict[str, list[str]] = {}
        for _, database, _ in self._connection.execute("PRAGMA database_list").fetchall():
            master = "sqlite_temp_master" if database == "temp" else "sqlite_master"
            prefix = "" if database in ("main", "temp") else f"{database}."
            quoted = database.replace('"', '""')
            query = f"SELECT name FROM \"{quoted}\".{master} WHERE type IN ('table', 'view')"
            for (table,) in self._connection.execute(query).fetchall():
                query = "SELECT name FROM pragma_table_xinfo(?, ?)"
                with contextlib.suppress(sqlite3.Error):  # a view of what is no longer there
                    columns = self._connection.execute(query, (table, database)).fetchall()
                    found[prefix + table] = [name for (name,) in columns]
        return found

    def definition(self, table: str) -> str:
        """What SQLite has kept of the CREATE statement."""
        query = (
            "SELECT sql FROM (SELECT * FROM sqlite_master UNION ALL "
            "SELECT * FROM sqlite_temp_master) WHERE name = ? COLLATE NOCASE AND sql NOT NULL"
        )
        row = self._connection.execute(query, (table,)).fetchone()
        return f"{row[0]};" if row else ""

    def locate(self, error: Exception, statement: Statement) -> int | None:
        """The token that the message names; of several, the first that the parser refuses."""
        match = NEAR.search(str(error))
        if match is None:
            return None
        named = (match[1] or match[2]).lower()
        for token in statement.tokens:
            begin = token.start - statement.start
            end = begin + len(token.text)
            if match[2] and token.text.lower() in (named, named.rpartition(".")[2]):
                return begin
            refused = bool(match[1]) and token.text.lower() == named
            if refused and self.complaint(statement.text[:end]) == str(error):
                return begin
        return None

    def complaint(self, text: str) -> str | None:
        """What the parser says of a text, in an empty database that allows nothing."""
        if self._scratch is None:
            self._scratch = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
            self._scratch.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
        try:
            self._scratch.execute(text)
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            message = str(error)
            is_syntax = message == "incomplete input" or message.endswith("syntax error")
            return message if is_syntax else None
        return None

    @contextlib.contextmanager
    def unchanged(self) -> Any:
        """SQLite's own switch for that."""
        self._connection.execute("PRAGMA query_only = 1")
        try:
            yield
        finally:
            self._connection.execute("PRAGMA query_only = 0")

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._connection.in_transaction

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class DuckDB(Database):
    """DuckDB, where its module is installed."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        try:
            duckdb: Any = importlib.import_module("duckdb")
        except ImportError:
            raise ConnectionError(
                "DuckDB is not installed for this interpreter: `pip install duckdb` brings it."
            ) from None
        self.system = f"DuckDB {duckdb.__version__}"
        self.errors = (duckdb.Error,)
        self._duckdb = duckdb
        self._connection = duckdb.connect(where)

    def execute(self, statement: Statement, parameters: Mapping[str, Any]) -> Any | None:
        """Run a statement; ``:name`` becomes DuckDB's own ``$name``."""
        text = statement.text
        for token in reversed(statement.tokens):
            if token.kind == "name" and token.text[1:] in parameters:
                at = token.start - statement.start
                text = f"{text[:at]}${text[at + 1 :]}"
        (parsed,) = self._duckdb.extract_statements(text)
        cursor = self._connection.execute(text, parameters or None)
        kinds = parsed.expected_result_type
        if self._duckdb.ExpectedResultType.QUERY_RESULT not in kinds or not cursor.description:
            return None
        counts = self._duckdb.ExpectedResultType.CHANGED_ROWS in kinds
        return None if counts and columns_of(cursor) == ["Count"] else cursor

    def interrupt(self) -> None:
        """DuckDB's own interrupt."""
        self._connection.interrupt()

    def define(self, functions: Functions) -> None:
        """A function of DuckDB's has a fixed number of arguments, and takes text here."""
        for name, function in functions.items():
            count = ARGUMENTS[name]
            self._connection.create_function(
                name,
                _with_arguments(function, count),
                ["VARCHAR"] * count,
                "VARCHAR",
                null_handling="special",
                side_effects=True,
            )

    def schema(self) -> dict[str, list[str]]:
        """The tables and views that are found without a prefix."""
        query = (
            "SELECT table_name, list(column_name ORDER BY ordinal_position) "
            "FROM information_schema.columns GROUP BY ALL"
        )
        return dict(self._connection.cursor().execute(query).fetchall())

    def definition(self, table: str) -> str:
        """What DuckDB's catalogue says."""
        query = (
            "SELECT sql FROM (SELECT table_name AS name, sql FROM duckdb_tables() UNION ALL "
            "SELECT view_name, sql FROM duckdb_views()) WHERE name = ?"
        )
        row = self._connection.cursor().execute(query, [table]).fetchone()
        return str(row[0]) if row else ""

    def locate(self, error: Exception, statement: Statement) -> int | None:
        """What the message's own excerpt points at."""
        found = re.search(r"^LINE (\d+): (.*)\n( *)\^", str(error), re.MULTILINE)
        if found is None:
            return None
        lines = statement.text.split("\n")
        line = min(int(found[1]), len(lines)) - 1
        column = len(found[3]) - len(f"LINE {found[1]}: ")
        excerpt = found[2].strip(".")  # a long line is cut at either end
        column += max(lines[line].find(excerpt), 0) - 3 * found[2].startswith("...")
        return sum(len(text) + 1 for text in lines[:line]) + max(0, column)

    @property
    def in_transaction(self) -> bool:
        """DuckDB does not say; it never drops a transaction silently."""
        return False

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _with_arguments(function: Callable[..., None], count: int) -> Callable[..., None]:
    """The function with this many arguments in its signature, at which DuckDB looks."""
    signatures: list[Callable[..., None]] = [
        lambda a: function(a),  # noqa: PLW0108
        lambda a, b: function(a, b),  # noqa: PLW0108
        lambda a, b, c: function(a, b, c),  # noqa: PLW0108
    ]
    return signatures[count - 1]


def open_database(url: str, interrupted: Callable[[], bool]) -> Database:
    """The database of ``sqlite:///FILE``, ``duckdb:///FILE`` or a file's name.

    Raises ConnectionError, or what its system raises.
    """
    scheme, path = _parts(url)
    if scheme == "sqlite":
        return SQLite(path, interrupted)
    if scheme == "duckdb":
        return DuckDB(path)
    raise ConnectionError(f"There are sqlite:/// and duckdb:///, not {scheme}.")


def _parts(url: str) -> tuple[str, str]:
    match = re.fullmatch(r"(sqlite|duckdb):(?:///?)?(.*)|([a-z]\w+)://.*", url)
    if match and match[3]:
        return match[3], ""
    if match:
        return match[1], _expanded(match[2])
    return ("duckdb" if _is_duckdb(url) else "sqlite"), _expanded(url)


def _expanded(path: str) -> str:
    return os.path.expanduser(path) or MEMORY


def _is_duckdb(path: str) -> bool:
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return file.read(12)[8:] == b"DUCK"
    except OSError:
        return path.endswith(DUCKDB_SUFFIXES)


def columns_of(cursor: Any) -> Sequence[str]:
    """The names of a result set's columns."""
    return [column[0] for column in cursor.description]
