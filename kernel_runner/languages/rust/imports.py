"""`use` declarations, name by name: of two that bring the same name the newer counts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

USE = re.compile(r"^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+(.*?)\s*;?\s*$", re.DOTALL)
EXTERN_CRATE = re.compile(r"extern\s+crate\s+(\w+)(?:\s+as\s+(\w+))?")


@dataclass(frozen=True)
class Import:
    """A path, and the name by which it is known here; a glob is its own name."""

    name: str
    path: str

    @property
    def source(self) -> str:
        """The declaration."""
        if self.name.endswith(" as _"):
            return f"use {self.name};"
        if self.path.endswith("*") or self.path.rpartition("::")[2] == self.name:
            return f"use {self.path};"
        return f"use {self.path} as {self.name};"


def imports_of(declaration: str) -> list[Import]:
    """The imports of a `use` or an `extern crate` declaration."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", declaration, flags=re.DOTALL)
    crate = EXTERN_CRATE.search(text)
    if crate:
        return [Import(crate[2] or crate[1], f"::{crate[1]}")]
    match = USE.match(text)
    return list(_leaves("", match[1])) if match else []


def _leaves(prefix: str, tree: str) -> Iterator[Import]:
    tree = tree.strip()
    brace = tree.find("{")
    if brace >= 0:
        inner = tree[brace + 1 : tree.rfind("}")]
        for part in _parts(inner):
            yield from _leaves(prefix + tree[:brace].strip(), part)
        return
    path, alias = _renamed(tree)
    bare = re.sub(r"\s+", "", path)
    path = prefix.removesuffix("::") if bare == "self" else prefix + bare
    if path:
        if alias == "_":
            yield Import(f"{path} as _", path)
        else:
            yield Import(path if path.endswith("*") else alias or path.rpartition("::")[2], path)


def _renamed(tree: str) -> tuple[str, str]:
    path, *alias = re.split(r"\s+as\s+", tree, maxsplit=1)
    return path.strip(), alias[0].strip() if alias else ""


def _parts(inner: str) -> Iterator[str]:
    """What is between the commas that are in no brace."""
    depth, begin = 0, 0
    for index, character in enumerate(inner):
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            yield inner[begin:index]
            begin = index + 1
    if inner[begin:].strip():
        yield inner[begin:]
