"""What the languages of native cells ask of a syntax tree alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAYBE_MAIN = re.compile(r"\bmain\s*\(")


def text_of(node: Node) -> str:
    """A node's text."""
    return (node.text or b"").decode("utf-8", "surrogateescape")


def defines_main(text: str, parser: Parser, declared_name: Callable[[Node], Node | None]) -> bool:
    """Whether a cell of C or C++ defines main; declared_name finds the name in a declarator."""
    if not MAYBE_MAIN.search(text):
        return False
    for node in parser.parse(text.encode("utf-8", "surrogateescape")).root_node.children:
        if node.type == "function_definition":
            declarator = node.child_by_field_name("declarator")
            name = declared_name(declarator) if declarator is not None else None
            if name is not None and text_of(name) == "main":
                return True
    return False
