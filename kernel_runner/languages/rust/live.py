"""What is live: items, imports and variables; and what a new cell has to do with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from kernel_runner.languages.rust.imports import Import
from kernel_runner.languages.rust.naming import PublicNames, crate_of, crates_in, rehomed
from kernel_runner.languages.rust.splitting import Item, Split

TYPES = ("type", "trait")


@dataclass(frozen=True)
class Known:
    """A live item, and the number of the cell whose crate has it."""

    item: Item
    crate: int


@dataclass(frozen=True)
class Variable:
    """A variable: its type as code names it, whether it is mutable, and the cell that bound it."""

    type: str
    mutable: bool
    cell: str


@dataclass(frozen=True)
class Crate:
    """A cell's compiled crate: where it is, what crates it needs, and by which dependencies."""

    folder: str
    needs: frozenset[int]
    dependencies: str


@dataclass
class Plan:
    """What a cell does to what is live.

    again: live items that are compiled again in it. moved: the types among them, by the crate
    that had them, whose values are as good as values of the new ones. changed: names of types
    that are others now.
    """

    defined: set[str] = field(default_factory=set)
    again: list[Known] = field(default_factory=list)
    moved: list[tuple[str, int]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)

    def type_here(self, type_: str, home: str) -> str:
        """A type with what is compiled again taken from ``home``."""
        for name, crate in self.moved:
            type_ = rehomed(type_, name, crate, home)
        return type_


class Live:
    """The live declarations of a session."""

    def __init__(self) -> None:
        self.items: list[Known] = []
        self.imports: dict[str, Import] = {}
        self.variables: dict[str, Variable] = {}
        self.gone: dict[str, str] = {}  # variables that are no more, with the reason
        self.crates: dict[int, Crate] = {}
        self.dependencies = ""
        self.names = PublicNames()

    def plan(self, parts: Split, mentioned: Collection[str], kept: Collection[Known]) -> Plan:
        """What a cell with these parts does; ``kept``: items that are not compiled again."""
        plan = Plan({name for item in parts.items for name in item.names})
        extended = {
            name for item in parts.items if item.kind == "impl" for name in self._owner(item, plan)
        }
        stale = {
            name
            for known in self.items
            if self._is_stale(known.crate)
            for name in known.item.names or known.item.of
            if name in mentioned
        }
        affected = self._affected(extended | stale | plan.defined)
        provided = {key for item in parts.items for key in item.provides}
        for known in self.items:
            item = known.item
            is_replaced = plan.defined & set(item.names) or provided & item.provides
            is_affected = affected & set(item.names) or (
                not item.names and affected & item.mentions
            )
            if is_affected and not is_replaced and known not in kept and self._can_repeat(known):
                plan.again.append(known)
        plan.changed = self._changed(parts, plan)
        plan.moved = [
            (name, known.crate)
            for known in self.items
            if known.item.kind in TYPES
            for name in known.item.names
            if name in plan.defined - plan.changed
            or (known in plan.again and name not in plan.changed)
        ]
        return plan

    def _can_repeat(self, known: Known) -> bool:
        """Whether an item may be compiled again: a static would lose its value."""
        kind = known.item.kind
        return kind != "macro" and (kind != "static" or self._is_stale(known.crate))

    def _owner(self, impl: Item, plan: Plan) -> set[str]:
        """The live type or trait that an impl must share a crate with."""
        if plan.defined & set(impl.of):
            return set()
        known = {name for each in self.items if each.item.kind in TYPES for name in each.item.names}
        return set(next(([name] for name in impl.of if name in known), []))

    def _affected(self, names: set[str]) -> set[str]:
        """These names, and those of all live items that mention them, directly or not."""
        affected = set(names)
        grown = True
        while grown:
            more = {
                name
                for known in self.items
                if known.item.mentions & affected
                for name in known.item.names
            }
            grown = not more <= affected
            affected |= more
        return affected

    def _changed(self, parts: Split, plan: Plan) -> set[str]:
        """The names of types that are not what they were, or are made of such.

        A type's layout may hang on whatever it mentions, be it a constant; a trait's on types.
        """
        before = {name: known.item for known in self.items for name in known.item.names}
        different = {
            name: item.kind
            for item in parts.items
            for name in item.names
            if name in before and before[name].text != item.text
        }
        changed = {name for name, kind in different.items() if kind in TYPES}
        types = [known.item for known in plan.again if known.item.kind in TYPES]
        types += [item for item in parts.items if item.kind in TYPES]
        grown = bool(different)
        while grown:
            more = {
                name
                for item in types
                if item.mentions & (changed if item.kind == "trait" else {*changed, *different})
                for name in item.names
            }
            grown = not more <= changed
            changed |= more
        return changed

    def _is_stale(self, crate: int) -> bool:
        """Whether a crate, or one that it needs, was compiled with other dependencies."""
        return any(
            self.crates[each].dependencies not in ("", self.dependencies)
            for each in self.needed([crate])
            if each in self.crates
        )

    def needed(self, crates: Iterable[int]) -> set[int]:
        """These crates, and all that they need."""
        found: set[int] = set()
        waiting = list(crates)
        while waiting:
            crate = waiting.pop()
            if crate not in found:
                found.add(crate)
                known = self.crates.get(crate)
                waiting += known.needs if known else ()
        return found

    def mentioned(self, names: Collection[str]) -> set[str]:
        """These names, and those that the live macros among them stand for."""
        found = set(names)
        grown = True
        while grown:
            more = {
                name
                for known in self.items
                if known.item.kind == "macro" and found & set(known.item.names)
                for name in known.item.mentions
            }
            grown = not more <= found
            found |= more
        return found

    def visible(self, mentioned: Collection[str], plan: Plan) -> list[tuple[str, int]]:
        """The names that a cell takes from earlier crates, and those crates."""
        here = plan.defined | {name for known in plan.again for name in known.item.names}
        return [
            (name, known.crate)
            for known in self.items
            for name in known.item.names
            if name not in here
            and (name in mentioned or known.item.kind == "trait")
            and not (
                known.item.kind == "trait" and name not in mentioned and self._is_stale(known.crate)
            )
        ]

    def add(self, parts: Split, plan: Plan, number: int) -> None:
        """A cell has run: its items and imports are live, and what it has compiled again."""
        provided = {key for item in parts.items for key in item.provides}
        left: list[Known] = []
        for known in self.items:
            names = tuple(name for name in known.item.names if name not in plan.defined)
            if known in plan.again:
                left.append(Known(known.item, number))
            elif names or (not known.item.names and not known.item.provides & provided):
                left.append(Known(replace(known.item, names=names), known.crate))
        self.items = left + [Known(item, number) for item in parts.items]
        for name in plan.defined:
            self.imports.pop(name, None)
        for each in parts.imports:
            self.imports.pop(each.name, None)
            self.imports[each.name] = each
        home = f"::{crate_of(number)}"
        self.variables = {
            name: replace(variable, type=plan.type_here(variable.type, home))
            for name, variable in self.variables.items()
        }

    def keepers(self, changed: Collection[str]) -> list[str]:
        """The variables that keep a type of which there is a new one."""
        old = {
            (name, known.crate)
            for known in self.items
            for name in known.item.names
            if name in changed
        }
        return [
            name
            for name, variable in self.variables.items()
            if any(f"{crate_of(crate)}::{type_}" in variable.type for type_, crate in old)
        ]

    def made_by(self, dependencies: Collection[str]) -> list[str]:
        """The variables whose values may have to do with these dependencies."""
        if not dependencies:
            return []
        using = {number for number, crate in self.crates.items() if crate.dependencies}
        return [
            name
            for name, variable in self.variables.items()
            if self.needed(crates_in(variable.type)) & using
            or any(f"::{each}::" in variable.type for each in dependencies)
        ]
