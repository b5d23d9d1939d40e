"""Looking at the syntax tree of a C++ cell."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

CLASSES = ("class_specifier", "struct_specifier", "union_specifier")
SPECIFIERS = (*CLASSES, "enum_specifier")
NAMES = (
    "identifier", "type_identifier", "field_identifier", "operator_name", "destructor_name",
    "qualified_identifier", "template_function", "template_type", "operator_cast",
    "structured_binding_declarator", "namespace_identifier",
)  # fmt: skip
LITERALS = ("number_literal", "char_literal", "true", "false", "sizeof_expression")
OPERATIONS = ("binary_expression", "unary_expression", "parenthesized_expression")
WORD = re.compile(r"[^\W\d]\w*")


@functools.cache
def parser() -> Parser:
    """A parser of C++."""
    import tree_sitter
    import tree_sitter_cpp

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_cpp.language()))


def words_of(text: str) -> frozenset[str]:
    """All names in a piece of code."""
    return frozenset(WORD.findall(text))


def declared(declarator: Node) -> Node | None:
    """The name in a declarator, however deep: plain, qualified, or of an operator."""
    node: Node | None = declarator
    while node is not None and node.type not in NAMES:
        inner = node.child_by_field_name("declarator")
        if inner is None:
            inner = next(
                (
                    child
                    for child in node.named_children
                    if child.type.endswith("declarator") or child.type in NAMES
                ),
                None,
            )
        node = inner
    return node


def without_value(declarator: Node) -> Node:
    """A declarator without its initialiser."""
    inner = declarator.child_by_field_name("declarator")
    return inner if declarator.type == "init_declarator" and inner is not None else declarator


def function_part(declarator: Node) -> Node | None:
    """The part with the parameters, where a declarator declares a function."""
    node: Node | None = declarator
    while node is not None and node.type in ("pointer_declarator", "reference_declarator"):
        node = next(
            (each for each in node.named_children if each.type.endswith("declarator")), None
        )
    if node is None or node.type != "function_declarator":
        return None
    inner = node.child_by_field_name("declarator")
    # A pointer to a function is a variable.
    return None if inner is None or inner.type == "parenthesized_declarator" else node


def parameters_of(function: Node) -> list[Node]:
    """A function declarator's parameters."""
    listed = function.child_by_field_name("parameters")
    return (
        []
        if listed is None
        else [each for each in listed.named_children if "comment" not in each.type]
    )


def signature(function: Node) -> str:
    """A function's parameters without their names and default values: what overloads differ in."""
    return ", ".join(_parameter_type(each) for each in parameters_of(function))


def _parameter_type(parameter: Node) -> str:
    text = parameter.text or b""
    start = parameter.start_byte
    default = parameter.child_by_field_name("default_value")
    end = default.start_byte - start if default is not None else len(text)
    declarator = parameter.child_by_field_name("declarator")
    name = declared(declarator) if declarator is not None else None
    if name is not None and name.end_byte - start <= end:
        text = text[: name.start_byte - start] + b" " + text[name.end_byte - start : end]
    else:
        text = text[:end]
    plain = text.decode("utf-8", "surrogateescape").rstrip("= ")
    return re.sub(r"\s*(\W)\s*", r"\1", " ".join(plain.split()))


def specifiers(node: Node) -> set[str]:
    """The words before a declaration's first declarator, such as static and const."""
    kinds = ("storage_class_specifier", "type_qualifier", "inline", "virtual")
    return {text_of(child) for child in node.children if child.type in kinds}


def has_placeholder(node: Node | None) -> bool:
    """Whether a type is auto."""
    return node is not None and node.type == "placeholder_type_specifier"


def is_const(node: Node, declarator: Node) -> bool:
    """Whether a variable is one that only its own file would know, for being const."""
    qualified = specifiers(node) & {"const", "constexpr"}
    plain = without_value(declarator)
    return bool(qualified) or any(child.type == "type_qualifier" for child in plain.children)


def is_constant(node: Node, constants: frozenset[str]) -> bool:
    """Whether an initialiser can be evaluated again and again; constants: names that can."""
    if node.type in LITERALS:
        return True
    if node.type == "identifier":
        return text_of(node) in constants
    if node.type in OPERATIONS:
        parts = [child for child in node.named_children if child.type != "comment"]
        return all(is_constant(part, constants) for part in parts)
    return False


def without_default_captures(node: Node) -> str:
    """A text in which the outermost lambdas capture nothing by default, as nothing is local."""
    raw, start = bytearray(node.text or b""), node.start_byte

    def visit(each: Node) -> None:
        if each.type == "lambda_capture_specifier":
            for child in each.children[1:3]:
                if child.type in ("lambda_default_capture", ","):
                    raw[child.start_byte - start : child.end_byte - start] = b" "
        for child in each.named_children:
            if child.type != "compound_statement":
                visit(child)

    visit(node)
    return raw.decode("utf-8", "surrogateescape")


def enumerators(node: Node) -> Iterator[str]:
    """The names that an enum without class gives to its surroundings."""
    if node.type == "enum_specifier" and not any(
        child.type in ("class", "struct") for child in node.children
    ):
        body = node.child_by_field_name("body")
        for child in body.named_children if body is not None else ():
            name = child.child_by_field_name("name")
            if name is not None:
                yield text_of(name)


def public_members(node: Node) -> list[str]:
    """The public data members of a class, in order."""
    body = node.child_by_field_name("body")
    public = node.type != "class_specifier"
    names: list[str] = []
    for child in body.named_children if body is not None else ():
        if child.type == "access_specifier":
            public = text_of(child) == "public"
        if child.type != "field_declaration" or not public:
            continue
        if {"static", "constexpr"} & specifiers(child):
            continue
        for declarator in child.children_by_field_name("declarator"):
            name = declared(declarator)
            if name is not None and function_part(declarator) is None:
                names.append(text_of(name))
    return names
