"""Completion, inspection, and whether a cell is whole; answered while a statement runs."""

from __future__ import annotations

import html
import re

from .databases import Database
from .statements import is_open, split

WORD = re.compile(r"[\w.]*\Z")
AFTER = re.compile(r"\w*")
COMMANDS = ("%connect", "%limit", "%set", ".exit", ".quit", ".schema", ".tables")
KEYWORDS = (
    "ABORT ADD ALL ALTER ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEGIN BETWEEN BY CASCADE CASE "
    "CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE "
    "CURRENT_TIME CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH "
    "DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUSIVE EXISTS EXPLAIN FILTER FIRST FOLLOWING "
    "FOR FOREIGN FROM FULL GENERATED GLOB GROUP HAVING IF IGNORE IMMEDIATE IN INDEX INNER INSERT "
    "INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NOT "
    "NOTHING NOTNULL NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION PLAN PRAGMA PRECEDING "
    "PRIMARY QUERY RANGE RECURSIVE REFERENCES REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING "
    "RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMPORARY THEN TO TRANSACTION TRIGGER "
    "UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT"
)


class Assistant:
    """Knows the schema as it was after the last cell: it never waits for the database."""

    def __init__(self) -> None:
        self._schema: dict[str, list[str]] = {}

    def learn(self, database: Database) -> None:
        """Look at the schema again."""
        self._schema = database.schema()

    def complete(self, raw: bytes, offset: int) -> tuple[int, int, list[str]]:
        """The matches at a byte offset, and the byte offsets of what they replace."""
        before = raw[:offset].decode("utf-8", "ignore")
        match = WORD.search(before)
        typed = match[0] if match else ""
        command = re.search(r"(?:^|\n)([%.]\w*)\Z", before)
        if command:
            typed = command[1]
            matches = [name for name in COMMANDS if name.startswith(typed)]
        elif "." in typed:
            table, _, typed = typed.rpartition(".")
            matches = _starting(typed, self._columns(table, raw.decode("utf-8", "ignore")))
        else:
            matches = self._names(typed) if typed else []
        return offset - len(typed.encode()), offset, matches

    def inspect(self, raw: bytes, offset: int, database: Database) -> dict[str, str]:
        """How the table at a byte offset was made, or where its column is."""
        before = raw[:offset].decode("utf-8", "ignore")
        after = AFTER.match(raw[offset:].decode("utf-8", "ignore"))
        start = WORD.search(before)
        word = (start[0] if start else "").rpartition(".")[2] + (after[0] if after else "")
        for table, columns in self._schema.items():
            if word.lower() == table.lower():
                sql = database.definition(table) or f"{table}({', '.join(columns)})"
                return {"text/plain": sql, "text/html": f"<pre>{html.escape(sql)}</pre>"}
        tables = [table for table, columns in self._schema.items() if word in columns]
        if word and tables:
            return {"text/plain": f"{word} is a column of {', '.join(tables)}."}
        return {}

    def is_complete(self, code: str, database: Database) -> str:
        """As SQL's consoles see it: a statement goes on until its semicolon."""
        if is_open(code):
            return "incomplete"
        statements = list(split(code))
        for statement in statements:
            complaint = None if statement.is_command else database.complaint(statement.text)
            if complaint and complaint != "incomplete input":
                return "invalid"
        if not statements or statements[-1].ended or code.endswith("\n\n"):
            return "complete"
        return "incomplete"

    def _columns(self, table: str, code: str) -> list[str]:
        """The columns of a table, or of what an alias in the cell stands for."""
        alias = re.findall(rf"(\w+)\s+(?:AS\s+)?{re.escape(table)}\b", code, re.IGNORECASE)
        wanted = {name.lower() for name in (table, *alias)}
        known = self._schema.items()
        columns = [name for key, names in known if key.lower() in wanted for name in names]
        attached = [key[len(table) + 1 :] for key in self._schema if key.startswith(f"{table}.")]
        return columns + attached

    def _names(self, typed: str) -> list[str]:
        columns = [name for names in self._schema.values() for name in names]
        keywords = KEYWORDS.split()
        if typed.islower():
            keywords = [word.lower() for word in keywords]
        return _starting(typed, [*self._schema, *columns, *keywords])


def _starting(typed: str, names: list[str]) -> list[str]:
    lower = typed.lower()
    return list(dict.fromkeys(name for name in names if name.lower().startswith(lower)))
