"""The types of variables: as std::any::type_name gives them, as code can name them, as people do.

std::any::type_name goes by where a type is defined, which is often in a private module.
"""

from __future__ import annotations

import re

CRATE = "kernel_runner_cell_"
FUNCTION = "kernel_runner_body"
PATH = re.compile(r"[^\W\d]\w*(?:::[^\W\d]\w*)+")
MARKER = re.compile(rf"\b{CRATE}(\d+)::")
HOMES = {"std", "core", "alloc"}
# Where the rule, that a type is reachable in the module of its crate, does not hold.
REGROUPED = (
    (re.compile(r"^collections::hash::(map|set)::(Hash(?:Map|Set))$"), r"collections::\2"),
    (re.compile(r"^collections::hash::(map|set)::"), r"collections::hash_\1::"),
    (
        re.compile(r"^collections::btree::(map|set)::(?:\w+::)*(BTree(?:Map|Set))$"),
        r"collections::\2",
    ),
    (re.compile(r"^collections::btree::(map|set)::(?:\w+::)*"), r"collections::btree_\1::"),
    (
        re.compile(r"^collections::\w+::(?:\w+::)*(VecDeque|LinkedList|BinaryHeap)$"),
        r"collections::\1",
    ),
    (re.compile(r"^collections::(\w+)::(?:\w+::)*(\w+)$"), r"collections::\1::\2"),
    (re.compile(r"^hash::random::RandomState$"), "collections::hash_map::RandomState"),
    (re.compile(r"^sync::(atomic|mpsc)::(?:\w+::)*(\w+)$"), r"sync::\1::\2"),
    (re.compile(r"^(os::.*|arch::.*)$"), r"\1"),
    (re.compile(r"^(\w+)::(?:\w+::)*(\w+)$"), r"\1::\2"),
)  # fmt: skip
# How compilers before 1.70 name the traits of functions.
FUNCTION_TRAIT = re.compile(r"(Fn(?:Mut|Once)?)<\(((?:[^()]|\([^()]*\))*?),?\)>(?:\+Output = )?")


def nameable(type_name: str) -> bool:
    """Whether a type is one that code can name: no closure's, function's, or block's own."""
    is_function = re.fullmatch(r"(?:\w+::)+[a-z_]\w*(?:<.*>)?", type_name)
    is_local = FUNCTION in type_name  # of a type in a block
    return "{" not in type_name and not is_function and not is_local


def why_nameless(type_name: str) -> str:
    """Why a type that is not nameable is not."""
    if "{" in type_name:
        return "it is a closure or a future, or made of one, and its type has no name"
    if FUNCTION in type_name:
        return "its type is declared in a block"
    return "it is a function, and not a pointer to one, and its type has no name"


def source_of(type_name: str) -> str:
    """A type as code names it, as far as can be told."""
    text = FUNCTION_TRAIT.sub(r"\1(\2) -> ", type_name)
    text = re.sub(r"-> (?=[>+,)]|$)", "", text)
    return PATH.sub(lambda match: _public(match[0]), text)


def _public(path: str) -> str:
    crate, _, rest = path.partition("::")
    if crate in HOMES:
        for pattern, replacement in REGROUPED:
            if pattern.match(rest):
                return "::std::" + pattern.sub(replacement, rest)
        return f"::std::{rest}"
    return f"::{path}"


class PublicNames:
    """Where types of private modules can be found, by trying: libraries re-export them."""

    def __init__(self) -> None:
        self._left: dict[str, list[str]] = {}  # what is still to be tried
        self._names: dict[str, str] = {}

    def public(self, type_: str) -> str:
        """A type by the names that were found so far."""
        return PATH.sub(lambda match: self._names.get(match[0], match[0]), type_)

    def renamed(self, path: str, private: str) -> bool:
        """Try another name for a path, in which the module ``private`` is; False: there is none."""
        if path not in self._left:
            words = path.split("::")
            if private not in words[1:-1]:
                return False
            first = words.index(private, 1)
            last = len(words) - 1 - words[::-1].index(private)
            shorter = [words[:last] + words[last + 1 :], [*words[:first], words[-1]]]
            self._left[path] = ["::".join(each) for each in (*shorter, [words[0], words[-1]])]
        if not self._left[path]:
            return False
        self._names[path] = self._left[path].pop(0)
        return True


def readable(source: str) -> str:
    """A type as a person writes it, without paths."""
    return re.sub(r"(?:::)?(?:\w+::)+(?=\w)", "", source)


def tidied(text: str) -> str:
    """A line of a traceback, without our crates and our function."""
    text = re.sub(rf"\b{CRATE}\d+::{FUNCTION}(?:::\{{\{{closure\}}\}})*", "the cell", text)
    return MARKER.sub("", text)


def crates_in(source: str) -> set[int]:
    """The cells whose crates a type names."""
    return {int(number) for number in MARKER.findall(source)}


def crate_of(number: int) -> str:
    """The name of a cell's crate."""
    return f"{CRATE}{number}"


def rehomed(source: str, name: str, old: int, new: str) -> str:
    """A type with an item of a cell's crate taken from another crate."""
    return re.sub(rf"(?:::)?\b{crate_of(old)}::{re.escape(name)}\b", f"{new}::{name}", source)
