"""Looking at the syntax tree of a C cell."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

SPECIFIERS = ("struct_specifier", "union_specifier", "enum_specifier")
LITERALS = (
    "number_literal", "string_literal", "concatenated_string", "char_literal", "true", "false",
    "null", "sizeof_expression", "alignof_expression", "offsetof_expression",
)  # fmt: skip
OPERATIONS = (
    "binary_expression", "unary_expression", "parenthesized_expression", "conditional_expression",
    "cast_expression", "initializer_list", "initializer_pair",
)  # fmt: skip


@functools.cache
def parser() -> Parser:
    """A parser of C."""
    import tree_sitter
    import tree_sitter_c

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


def declared_name(declarator: Node) -> Node | None:
    """The name in a declarator, however deep."""
    node: Node | None = declarator
    while node is not None and node.type not in ("identifier", "type_identifier"):
        inner = node.child_by_field_name("declarator")
        if inner is None:
            inner = next(
                (
                    child
                    for child in node.named_children
                    if child.type.endswith("declarator") or child.type.endswith("identifier")
                ),
                None,
            )
        node = inner
    return node


def declares(declarator: Node) -> str:
    """What a declarator makes of its name: a function, an array, a pointer, or the plain type."""
    name = declared_name(declarator)
    node = name.parent if name is not None else None
    while node is not None and node.id != declarator.id:
        if node.type not in ("parenthesized_declarator", "attributed_declarator"):
            break
        node = node.parent
    return {
        "function_declarator": "function",
        "array_declarator": "array",
        "pointer_declarator": "pointer",
    }.get(node.type if node is not None else "", "plain")


def outermost_array(declarator: Node) -> Node | None:
    """The part of a declarator that says how many elements the name has."""
    name = declared_name(declarator)
    node = name.parent if name is not None else None
    return node if node is not None and node.type == "array_declarator" else None


def defined_types(node: Node) -> Iterator[tuple[str, str]]:
    """The tags and enumerators that are defined in a node: ("tag" or "name", name)."""
    if node.type in SPECIFIERS and node.child_by_field_name("body") is not None:
        name = node.child_by_field_name("name")
        if name is not None:
            yield "tag", text_of(name)
    if node.type == "enumerator":
        name = node.child_by_field_name("name")
        if name is not None:
            yield "name", text_of(name)
    for child in node.named_children:
        if child.type != "compound_statement":
            yield from defined_types(child)


def is_constant(node: Node, constants: frozenset[str]) -> bool:
    """Whether an initialiser is one that the compiler can work out.

    constants: names that have an address or a value at that time.
    """
    if node.type in LITERALS:
        return True
    if node.type == "identifier":
        return text_of(node) in constants
    if node.type == "pointer_expression" and text_of(node).startswith("&"):
        argument = node.child_by_field_name("argument")
        return argument is not None and argument.type == "identifier"
    if node.type == "initializer_pair":
        value = node.child_by_field_name("value")
        return value is not None and is_constant(value, constants)
    if node.type in OPERATIONS:
        parts = [child for child in node.named_children if child.type != "type_descriptor"]
        return all(is_constant(part, constants) for part in parts if part.type != "comment")
    return False
