"""What C++ cells have declared, as the compiler is told it at the beginning of each later cell.

Each declaration stands in an inline namespace of its own. Once it is superseded the namespace is
no longer inline: nobody finds the old name, yet what was made with it keeps its type.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["macro", "text", "type", "variable", "function"]
Key = tuple[str, str, str]  # scope, name, and a function's parameters
SPACE = re.compile(r"\bkr\d+_\d+\b")


@dataclass(eq=False)
class Entry:
    """One declaration.

    names: what it declares; none: it is always live. scope: the person's namespaces around it,
    as they are opened. space: its inline namespace; empty: none. text: what later cells see.
    body: the declaration without positions, for comparison. definition: what makes a function
    or template anew, as it was written. signature: a function's, up to its body. words: all
    names in it. file, lines: where it was written. ordinal: it stands when so many of the
    cell's declarations do. defined: more than promised. whole: later cells see all of it.
    type, value: a variable's. owner: what it adds to (a template's specialisation). beside: the
    overload, for a type that has been superseded, which it does not take the place of.
    """

    kind: Kind
    names: tuple[Key, ...]
    scope: tuple[str, ...]
    space: str
    text: str
    body: str
    words: frozenset[str]
    file: str
    lines: tuple[int, int]
    ordinal: int = 1
    definition: str = ""
    signature: str = ""
    defined: bool = True
    whole: bool = True
    type: str = ""
    value: str = ""
    owner: Entry | None = None
    beside: Entry | None = None
    uses: list[Entry] = field(default_factory=list)

    @property
    def speaks(self) -> bool:
        """Whether its text names types wholly, by whatever name they have now."""
        return self.kind == "variable" and "kernel_runner::as<" in self.text

    @property
    def qualifier(self) -> str:
        """How its names are reached from anywhere."""
        parts = [scope.split()[-1] for scope in self.scope]
        return "".join(f"{part}::" for part in [*parts, self.space] if part)

    def wrapped(self, text: str, *, inline: bool = True) -> str:
        """A text in this entry's namespaces."""
        opened = [f"{scope} {{" for scope in self.scope]
        if self.space:
            opened.append(f"{'inline ' * inline}namespace {self.space} {{")
        return f"\n{' '.join(opened)}{text}\n{'}' * len(opened)}"


class Prelude:
    """The declarations that are live, in the order in which they are told."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._current: dict[Key, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def find(self, key: Key) -> Entry | None:
        """What a name stands for now."""
        return self._current.get(key)

    def named(self, word: str) -> list[Entry]:
        """All that a word may stand for now, in whatever scope, overloads included."""
        found = [entry for key, entry in self._current.items() if key[1] == word]
        return list(dict.fromkeys(found))

    def has(self, entry: Entry) -> bool:
        """Whether the very same declaration is live already, made with the same others."""
        if not entry.names:
            return any(known.body == entry.body for known in self._entries if not known.names)
        uses = self._used_by(entry)
        return all(
            (known := self._current.get(key)) is not None
            and (known.kind, known.body, known.scope) == (entry.kind, entry.body, entry.scope)
            and known.uses == uses
            for key in entry.names
        )

    def variables(self) -> list[Entry]:
        """The live variables."""
        return [e for e in self._entries if e.kind == "variable" and self._is_live(e)]

    def taken_by(self, entries: Iterable[Entry]) -> dict[Key, Entry]:
        """The names that coming entries take, and what they stood for."""
        taken: dict[Key, Entry] = {}
        for entry in entries:
            for scope, name, parameters in entry.names:
                for key, old in self._current.items():
                    same = key[:2] == (scope, name) and old.space != entry.space
                    same = same and old is not entry.beside
                    if same and (not parameters or key[2] in ("", parameters)):
                        taken[key] = old
        return taken

    def users_of(self, superseded: Iterable[Entry]) -> list[Entry]:
        """The live functions that use these, themselves or by others."""
        gone = set(superseded)
        found: list[Entry] = []
        for entry in self._entries:  # users come after what they use
            uses = gone.union(found).intersection(entry.uses)
            if uses and entry.definition and entry not in gone and self._is_live(entry):
                found.append(entry)
        return found

    def add(self, entries: Iterable[Entry]) -> None:
        """A cell has run: its declarations stand."""
        for entry in entries:
            entry.uses = self._used_by(entry)
            self._keep_beside(entry)
            taken = self.taken_by([entry])
            promised = [old for key in entry.names if (old := self._current.get(key))]
            for key in taken:
                del self._current[key]
            self._place(entry, [*taken.values(), *promised])
            for key in entry.names:
                self._current[key] = entry
            for old in promised:
                if old.space == entry.space and old in self._entries:
                    self._entries.remove(old)
        needed = self._needed(())
        self._entries = [entry for entry in self._entries if entry in needed]

    def text(
        self,
        coming: Collection[Entry],
        early: Mapping[Entry, Entry],
        dropped: Collection[Entry],
        words: frozenset[str],
    ) -> str:
        """What a cell begins with, that is about to declare ``coming``.

        early: functions that take the place of others already here. dropped: what is left out,
        since it does not compile any more. words: all names that the cell has.
        """
        gone = set(self.taken_by(coming))
        needed = self._mentioned(self._needed(gone).difference(dropped), words)
        parts: list[str] = []
        macros: set[str] = set()
        for entry in self._entries:
            if entry in early:
                parts.append(early[entry].wrapped(early[entry].text))
            elif entry in needed:
                parts += self._seen(entry, gone, macros)
        new = {name for entry in coming if entry.kind == "macro" for _, name, _ in entry.names}
        return "".join([*parts, *(f"\n#undef {name}" for name in sorted(macros & new)), "\n"])

    def _keep_beside(self, entry: Entry) -> None:
        """Have an old overload live under parameters that nobody can write any more."""
        old = entry.beside
        if old is not None and self._current.get(old.names[0]) is old:
            del self._current[old.names[0]]
            scope, name, parameters = old.names[0]
            old.names = ((scope, name, f"{parameters} of {old.space}"),)
            self._current[old.names[0]] = old

    def _place(self, entry: Entry, instead: list[Entry]) -> None:
        """Put an entry after the one it supersedes, whose users see it there, if that can be."""
        known = [old for old in instead if old in self._entries]
        after = max((self._entries.index(old) + 1 for old in known), default=len(self._entries))
        if any(use in self._entries[after:] for use in entry.uses):
            after = len(self._entries)
        self._entries.insert(after, entry)

    def _seen(self, entry: Entry, gone: set[Key], macros: set[str]) -> list[str]:
        """An entry as a cell sees it: the types that it was made with are under their names."""
        if entry.kind == "macro":
            name = entry.names[0][1]
            undone = [f"\n#undef {name}"] if name in macros else []
            macros.add(name)
            return [*undone, entry.text]
        old = {
            name: use.qualifier
            for use in entry.uses
            if use.kind == "type" and use is not entry.owner and not entry.speaks
            for key in use.names
            if (key in gone or self._current.get(key) is not use) and (name := key[1])
        }
        live = [key for key in entry.names if key not in gone and self._current.get(key) is entry]
        is_whole = len(live) == len(entry.names)
        parts = [f"\n#define {name} {qualifier}{name}" for name, qualifier in old.items()]
        parts.append(entry.wrapped(entry.text, inline=is_whole))
        if entry.space and not is_whole:
            parts += [self._using(entry, name) for _, name, _ in live]
        return [*parts, *(f"\n#undef {name}" for name in old)]

    @staticmethod
    def _using(entry: Entry, name: str) -> str:
        opened = "".join(f"{scope} {{ " for scope in entry.scope)
        return f"\n{opened}using {entry.qualifier}{name};{'}' * len(entry.scope)}"

    def _is_live(self, entry: Entry, gone: Collection[Key] = ()) -> bool:
        return not entry.names or any(
            self._current.get(key) is entry and key not in gone for key in entry.names
        )

    def _needed(self, gone: Collection[Key]) -> set[Entry]:
        """What is live, but for what has ``gone``, and the types that it was made with."""
        waiting = [e for e in self._entries if e.owner is None and self._is_live(e, gone)]
        additions = [e for e in self._entries if e.owner is not None and self._is_live(e, gone)]
        known = set(self._entries)
        needed: set[Entry] = set()
        while waiting:
            entry = waiting.pop()
            if entry not in needed:
                needed.add(entry)
                waiting += [
                    use
                    for use in entry.uses
                    if use in known and (use.kind in ("type", "macro") or self._is_live(use, gone))
                ]
                waiting += [addition for addition in additions if addition.owner is entry]
        return needed

    @staticmethod
    def _mentioned(needed: set[Entry], words: frozenset[str]) -> set[Entry]:
        """Without the variables that nothing speaks of, as they would only cost time."""
        if any("include" in entry.words and entry.kind == "text" for entry in needed):
            return needed  # who knows what a header speaks of
        waiting = {entry for entry in needed if entry.kind == "variable" and not entry.whole}
        kept = needed - waiting
        named = words.union(*(entry.words for entry in kept))
        while found := {e for e in waiting if any(key[1] in named for key in e.names)}:
            kept |= found
            waiting -= found
            named = named.union(*(entry.words for entry in found if not entry.speaks))
        return kept

    def _used_by(self, entry: Entry) -> list[Entry]:
        """What is live now and named in an entry, in the order of the entries."""
        spaces = set(SPACE.findall(entry.type)) - {entry.space}
        named = {
            known
            for key, known in self._current.items()
            if key[1] in entry.words and key not in entry.names
        }
        return [e for e in self._entries if e in named or e.space in spaces or e is entry.owner]
