"""Input history: what history_request asks for, in a file that all kernels of a language share.

The words are those of the Jupyter messaging specification. The file is SQLite in WAL mode, so a
kernel that is killed or that runs at the same time as others harms nobody's history. Whatever is
wrong with the file, the kernel goes on with a history in memory.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path
from typing import TypeVar

log = logging.getLogger(__name__)

MAX_ROWS = 100_000  # kept when a file is opened
BUSY = 0.5  # seconds to wait for another kernel's write
_MAX_INTEGER = (1 << 63) - 1  # SQLite's
_MAX_GLOB = 50_000  # bytes; SQLite's

# session, line, and the input; or the input and the output, None where there is none
Entry = tuple[int, int, str | tuple[str, str | None]]

_Row = tuple[int, int, str, str | None]
_T = TypeVar("_T")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (
    session INTEGER PRIMARY KEY AUTOINCREMENT,
    started TEXT DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    line INTEGER NOT NULL,
    source TEXT NOT NULL,
    output TEXT,
    UNIQUE (session, line)
);
"""
_PRUNE = """
DELETE FROM history WHERE id <= (SELECT id FROM history ORDER BY id DESC LIMIT 1 OFFSET ?)
"""
_INSERT = """
INSERT INTO history (session, line, source) VALUES (?, ?, ?)
ON CONFLICT (session, line) DO UPDATE SET source = excluded.source, output = NULL
"""
_OUTPUT = "UPDATE history SET output = ? WHERE session = ? AND line = ?"
_LAST = """
SELECT session, line, source, output FROM (
    SELECT * FROM history WHERE source GLOB ? ORDER BY id DESC LIMIT ?
) ORDER BY id
"""
_LAST_UNIQUE = """
SELECT session, line, source, output FROM (
    SELECT max(id) AS id, session, line, source, output FROM history
    WHERE source GLOB ? GROUP BY source ORDER BY id DESC LIMIT ?
) ORDER BY id
"""
_RANGE = """
SELECT session, line, source, output FROM history
WHERE session = ? AND line >= ? AND line < ? ORDER BY line
"""


class History:
    """The history of one kernel's session and, in the same file, of all others.

    ``append`` and ``output`` only note what is to be written; the kernel calls ``flush`` when it
    is idle. The file is opened at the first ``flush`` or question, and gives the session its
    number then. Entries come oldest first. No method raises because of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._inputs: dict[int, str] = {}
        self._outputs: dict[int, str] = {}
        self._session = 0

    def append(self, line: int, source: str) -> None:
        """Note the input of cell number ``line``."""
        self._inputs[line] = _clean(source)

    def output(self, line: int, text: str) -> None:
        """Note the output of cell number ``line``, whose input was noted before."""
        self._outputs[line] = _clean(text)

    def tail(self, n: int, output: bool = False) -> list[Entry]:
        """The last ``n`` entries."""
        return self.search("*", n, output=output)

    def range(
        self, session: int = 0, start: int = 1, stop: int | None = None, output: bool = False
    ) -> list[Entry]:
        """The lines from ``start`` up to, not including, ``stop`` (None: to the end).

        Session 0 is this one, -1 the one before it, and so on.
        """

        def ask(db: sqlite3.Connection) -> list[_Row]:
            number = session if session > 0 else self._session + session
            end = _MAX_INTEGER if stop is None else stop
            return db.execute(_RANGE, [_clamp(n) for n in (number, start, end)]).fetchall()

        return self._ask(ask, output)

    def search(
        self, pattern: str = "*", n: int | None = None, unique: bool = False, output: bool = False
    ) -> list[Entry]:
        """The last ``n`` (None: all) inputs that match as a whole; ``*`` and ``?`` are wild.

        With ``unique``, only the newest of equal inputs.
        """
        glob = _clean(pattern).replace("[", "[[]")
        if len(glob.encode()) > _MAX_GLOB:
            return []
        query = _LAST_UNIQUE if unique else _LAST
        limit = -1 if n is None else max(0, _clamp(n))
        return self._ask(lambda db: db.execute(query, (glob, limit)).fetchall(), output)

    def flush(self) -> None:
        """Write what was noted."""
        if self._inputs or self._outputs:
            self._with_database(self._write)

    def close(self) -> None:
        """Write what was noted, and close the file."""
        self.flush()
        if "_database" in self.__dict__:
            self._database.close()
            del self._database

    def _ask(self, ask: Callable[[sqlite3.Connection], list[_Row]], output: bool) -> list[Entry]:
        self.flush()
        rows = self._with_database(ask)
        if output:
            return [(session, line, (source, text)) for session, line, source, text in rows]
        return [(session, line, source) for session, line, source, _ in rows]

    def _with_database(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do ``work`` with the file, or with memory where the file fails."""
        try:
            return work(self._database)
        except (sqlite3.Error, OSError) as error:
            log.warning("history is kept in memory only, %s: %s", self.path, error)
            if "_database" in self.__dict__:
                self._database.close()
            self._database, self._session = _open_memory()
            return work(self._database)

    @cached_property
    def _database(self) -> sqlite3.Connection:
        database, self._session = _open_file(self.path)
        return database

    def _write(self, db: sqlite3.Connection) -> None:
        inputs = [(self._session, line, source) for line, source in self._inputs.items()]
        outputs = [(text, self._session, line) for line, text in self._outputs.items()]
        with db:
            db.executemany(_INSERT, inputs)
            db.executemany(_OUTPUT, outputs)
        self._inputs.clear()
        self._outputs.clear()


def _create(path: Path) -> None:
    """Make an empty history, all at once: SQLite does not wait while a file becomes WAL."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with closing(sqlite3.connect(fresh)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
    finally:
        fresh.unlink(missing_ok=True)


def _open_file(path: Path) -> tuple[sqlite3.Connection, int]:
    """The database at ``path``, without its oldest rows, and the number of a new session."""
    if not path.exists():
        _create(path)
    database = sqlite3.connect(path, timeout=BUSY)
    try:
        database.execute("PRAGMA synchronous = NORMAL")
        with database:
            database.execute(_PRUNE, (MAX_ROWS,))
        return database, _begin_session(database)
    except sqlite3.Error:
        database.close()
        raise


def _open_memory() -> tuple[sqlite3.Connection, int]:
    """A database in memory, and the number of a new session."""
    database = sqlite3.connect(":memory:")
    database.executescript(_SCHEMA)
    return database, _begin_session(database)


def _begin_session(database: sqlite3.Connection) -> int:
    with database:
        return database.execute("INSERT INTO sessions DEFAULT VALUES").lastrowid or 0


def _clean(text: str) -> str:
    """``text`` as SQLite takes it: surrogates paired, or replaced where they are alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _clamp(number: int) -> int:
    return max(-_MAX_INTEGER, min(number, _MAX_INTEGER))
