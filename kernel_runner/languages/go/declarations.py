"""What the cells of a notebook have declared so far: the newest of each name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from kernel_runner.languages.go.cells import Cell, Declaration, Import, Uses

UNKEPT = frozenset({"main", "_"})


@dataclass(frozen=True)
class Declarations:
    """Declarations and imports; joining a cell gives new ones, so that a failure changes nothing.

    imports: by the name that the code uses; for what has none (`.`, `_`), by that and the path.
    """

    all: tuple[Declaration, ...] = ()
    imports: dict[str, Import] = field(default_factory=dict)

    def joined(self, cell: Cell, imports: dict[str, Import]) -> Declarations:
        """These and a cell's, whose names win."""
        kept = self.without(cell.names)
        return Declarations((*kept.all, *cell.declarations), {**self.imports, **imports})

    def without(self, names: Collection[str]) -> Declarations:
        """Without these names, each gone also where it is one of several."""
        left = [each.without(names) for each in self.all]
        imports = {name: each for name, each in self.imports.items() if name not in names}
        return Declarations(tuple(filter(None, left)), imports)

    def without_methods(self, cell: Cell) -> Declarations:
        """Without earlier methods of the types that a cell declares."""
        types = {n for each in cell.declarations if each.kind == "type" for n in each.names}
        own = {id(each) for each in cell.declarations}
        left = (each for each in self.all if id(each) in own or each.receiver not in types)
        return replace(self, all=tuple(left))

    def kept(self) -> Declarations:
        """As the next cell finds them: without main, and what has no name."""
        return self.without(UNKEPT)

    def named(self, here: str, name: str) -> Declarations:
        """With the cell that was ``here`` under its own name from now on."""
        return replace(
            self,
            all=tuple(
                replace(each, piece=replace(each.piece, cell=name))
                if each.piece.cell == here
                else each
                for each in self.all
            ),
            imports={
                local: replace(each, piece=replace(each.piece, cell=name))
                if each.piece.cell == here
                else each
                for local, each in self.imports.items()
            },
        )

    def needed(self, cell: Cell) -> list[Declaration]:
        """A cell's declarations first, then those of the others that it needs.

        A cell costs no more than that after hundreds of others, and what has become wrong since
        is only an error where it is used.
        """
        by_name: dict[str, list[Declaration]] = {}
        for each in self.all:
            for name in each.names:
                by_name.setdefault(name, []).append(each)
            if each.receiver:
                by_name.setdefault(each.receiver, []).append(each)
        own = {id(each) for each in cell.declarations}
        found = {id(each): each for each in self.all if id(each) in own}
        to_see: list[Declaration] = [
            *found.values(),
            *(each for name, units in by_name.items() if is_init(name) for each in units),
        ]
        names = set(cell.uses.names)
        while to_see or names:
            for each in to_see:
                found.setdefault(id(each), each)
                names |= each.uses.names
                names |= set(each.names)
            wanted = (by_name.pop(name, ()) for name in names)
            to_see = [each for units in wanted for each in units]
            names = set()
        return list(found.values())


def is_init(name: str) -> bool:
    """Whether a function's name says that it runs before main: gonb has init_NAME, too."""
    return name == "init" or name.startswith("init_")


def all_uses(cell: Cell, declarations: Iterable[Declaration]) -> Uses:
    """What a cell and declarations mention."""
    uses = [cell.uses, *(each.uses for each in declarations)]
    return Uses(
        frozenset().union(*(each.names for each in uses)),
        frozenset().union(*(each.members for each in uses)),
    )
