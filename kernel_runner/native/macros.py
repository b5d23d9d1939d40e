"""Macros of C and C++ that declare something, put in before a cell is taken apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

DEFINITION = re.compile(r"\s*#\s*define\s+\w+\(([^)]*)\)(.*)", re.DOTALL)
DECLARES = (
    "declaration", "function_definition", "template_declaration", "class_specifier",
    "struct_specifier", "enum_specifier", "alias_declaration", "namespace_definition",
)  # fmt: skip


def expand(text: str, root: Node, offset: int, macro: Callable[[str], str], parser: Parser) -> str:
    """The cell's text with calls of declaring macros expanded, each in its own line.

    root: the tree of the cell, which begins at ``offset``. macro: gives a macro's definition, or
    "". parser: of the cell's language.
    """
    raw = text.encode("utf-8", "surrogateescape")
    for node in reversed(root.children[0].named_children if root.children else []):
        call = _call_in(node)
        if call is None:
            continue
        definition = macro(text_of(call.named_children[0]))
        expansion = _expansion(definition, call) if definition else ""
        if expansion and _declares(expansion, parser):
            lines = "\n" * text_of(node).count("\n")
            ends = ";" if text_of(node).endswith(";") else ""
            start, end = node.start_byte - offset, node.end_byte - offset
            raw = raw[:start] + f"{expansion}{ends}{lines}".encode() + raw[end:]
    return raw.decode("utf-8", "surrogateescape")


def _call_in(node: Node) -> Node | None:
    """The call that a statement is, or that an error looks like."""
    if node.type not in ("expression_statement", "ERROR") or not node.named_children:
        return None
    call = node.named_children[0]
    looks = call.type in ("call_expression", "function_declarator")
    return call if looks and call.named_children[0].type == "identifier" else None


def _expansion(definition: str, call: Node) -> str:
    found = DEFINITION.fullmatch(definition.rstrip())
    if found is None:
        return ""
    names = [name.strip() for name in found[1].split(",")]
    given = text_of(call.named_children[-1]).strip()[1:-1]
    values = [value.strip() for value in given.split(",")]
    if len(names) != len(values):
        return ""
    body = re.sub(r"\\\n", " ", found[2])
    for name, value in zip(names, values, strict=True):
        body = re.sub(rf"(?<!#)#\s*{re.escape(name)}\b", _as_it_is(f'"{value}"'), body)
        body = re.sub(rf"\b{re.escape(name)}\b", _as_it_is(value), body)
    return re.sub(r"\s*##\s*", "", " ".join(body.split()))


def _declares(text: str, parser: Parser) -> bool:
    body = parser.parse(f"{{\n{text}\n;}}".encode()).root_node
    nodes = body.children[0].named_children if body.children else []
    return not body.has_error and bool(nodes) and nodes[0].type in DECLARES


def _as_it_is(text: str) -> Callable[[re.Match[str]], str]:
    """A replacement in which no backslash means anything."""
    return lambda _: text
