"""What C cells have declared, as the compiler is told it at the beginning of each later cell.

C lets nobody declare a name twice in a file, so what has been superseded leaves. Where something
live was made with it (a variable of a struct that has other fields by now), it stays under
another name: a macro renames it from where it was declared to where its successor is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

LINE = re.compile(r'^#line \d+ "([^"]*)"', re.MULTILINE)
WORD = re.compile(r"[A-Za-z_]\w*")

Kind = Literal["include", "macro", "text", "type", "variable", "prototype", "function"]
Space = Literal["tag", "name", "macro", "include"]
Key = tuple[Space, str]


@dataclass(eq=False)
class Entry:
    """One declaration.

    keys: the names that it declares. body: the declaration without its position, for
    comparison. text: what later cells see. number: the cell's. source: a function's whole
    definition. type: a variable's, for the person. uses: what else it was made with.
    kept: how many initialisers must have run before it stands.
    """

    kind: Kind
    keys: tuple[Key, ...]
    body: str
    text: str
    number: int
    source: str = ""
    type: str = ""
    kept: int = 0
    uses: list[Entry] = field(default_factory=list)

    @property
    def words(self) -> set[str]:
        """All names in it."""
        return set(WORD.findall(self.source or self.body))

    @property
    def has_enumerators(self) -> bool:
        """Whether it declares an enumeration."""
        return self.kind == "type" and "enum" in self.body

    @property
    def cell(self) -> str:
        """The name of the cell that it is in."""
        named = LINE.search(self.text)
        return named[1] if named else ""

    @property
    def name(self) -> str:
        """The name of a variable or function."""
        return self.keys[0][1]


class Prelude:
    """The declarations that are live, in the order in which they were made."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._current: dict[Key, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def find(self, name: str, space: Space = "name") -> Entry | None:
        """What a name stands for now."""
        return self._current.get((space, name))

    def has(self, entry: Entry) -> bool:
        """Whether the very same declaration is live already."""
        return bool(entry.keys) and all(
            (known := self._current.get(key)) is not None
            and known.kind == entry.kind
            and known.body == entry.body
            for key in entry.keys
        )

    def variables(self) -> list[Entry]:
        """The live variables."""
        return [entry for entry in self._entries if entry.kind == "variable" and self._live(entry)]

    def users_of(self, names: Iterable[str]) -> list[Entry]:
        """The live functions that use these variables and functions, themselves or by others."""
        superseded = {entry for name in names if (entry := self.find(name)) is not None}
        found: list[Entry] = []
        for entry in self._entries:  # users come after what they use
            is_other = entry.kind == "function" and entry not in superseded
            if is_other and self._live(entry) and superseded.union(found).intersection(entry.uses):
                found.append(entry)
        return found

    def add(self, entries: Iterable[Entry], replaced: Mapping[Entry, Entry]) -> None:
        """A cell has run: its declarations stand, and some old ones were made anew."""
        for old, new in replaced.items():
            new.uses = self._used_by(new)
            self._entries[self._entries.index(old)] = new
            self._current[old.keys[0]] = new
        for entry in entries:
            entry.uses = self._used_by(entry)
            self._entries.append(entry)
            for key in entry.keys:
                self._current[key] = entry
        needed = self._needed(frozenset())
        self._entries = [entry for entry in self._entries if entry in needed]

    def text(
        self,
        coming: Iterable[Entry],
        replaced: Mapping[Entry, Entry],
        words: Collection[str] | None = None,
    ) -> str:
        """What a cell begins with, that is about to declare ``coming``.

        words: the names in it; what it does not mention, itself or by others, is left out.
        """
        new = frozenset(key for entry in coming for key in entry.keys)
        needed = self._needed(new)
        if words is not None:
            needed &= self._mentioned(words)
        lines: list[str] = []
        renamed: set[str] = set()
        defined: set[Key] = set()
        for entry in self._entries:
            if entry not in needed:
                continue
            for key in entry.keys:
                space, name = key
                if space == "macro":
                    if key in defined:
                        lines.append(f"#undef {name}")
                    defined.add(key)
                elif space == "include":
                    continue
                elif key in new or self._current.get(key) is not entry:
                    lines += [f"#undef {name}"] if name in renamed else []
                    lines.append(f"#define {name} {name}__{entry.number}")
                    renamed.add(name)
                elif name in renamed:
                    lines.append(f"#undef {name}")
                    renamed.discard(name)
            lines.append(replaced.get(entry, entry).text)
        lines += [f"#undef {name}" for name in sorted(renamed)]
        lines += [f"#undef {name}" for space, name in sorted(new & defined)]
        return "\n".join(lines)

    def _live(self, entry: Entry) -> bool:
        return not entry.keys or any(self._current.get(key) is entry for key in entry.keys)

    def _needed(self, new: frozenset[Key]) -> set[Entry]:
        """What is live, but for what ``new`` supersedes, and all that it was made with."""
        waiting = [
            entry
            for entry in self._entries
            if not entry.keys
            or any(self._current.get(key) is entry and key not in new for key in entry.keys)
        ]
        needed: set[Entry] = set()
        while waiting:
            entry = waiting.pop()
            if entry not in needed:
                needed.add(entry)
                # A function's body is compiled already: only what declares it is seen again.
                waiting += [used for used in entry.uses if used.kind in self._seen_by(entry)]
        return needed

    def _mentioned(self, words: Collection[str]) -> set[Entry]:
        """What is meant by these names, and all that it takes to declare that."""
        waiting = [entry for entry in self._entries if entry.kind in ("include", "text")]
        waiting += self._meant_by(words)
        found: set[Entry] = set()
        while waiting:
            entry = waiting.pop()
            if entry in found:
                continue
            found.add(entry)
            waiting += [used for used in entry.uses if used.kind in self._seen_by(entry)]
            if entry.kind in ("macro", "text"):  # what is in it is looked for where it is used
                waiting += self._meant_by(entry.words)
        return found

    def _meant_by(self, words: Iterable[str]) -> list[Entry]:
        spaces: tuple[Space, ...] = ("name", "tag", "macro")
        found = (self._current.get((space, word)) for word in words for space in spaces)
        return [entry for entry in dict.fromkeys(found) if entry is not None]

    @staticmethod
    def _seen_by(entry: Entry) -> tuple[Kind, ...]:
        if entry.kind == "function":
            return ("macro", "type")
        return ("macro", "type", "variable", "prototype", "function")

    def _used_by(self, entry: Entry) -> list[Entry]:
        return [used for used in self._meant_by(entry.words) if used is not entry]
