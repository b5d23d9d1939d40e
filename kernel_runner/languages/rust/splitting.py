"""What is in a cell: items, imports, statements, and the expression at its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from kernel_runner.languages.rust.imports import Import, imports_of
from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

BEFORE, AFTER = b"fn kernel_runner_cell() {\n", b"\n}"
IDENTIFIER = re.compile(r"(?:\br#)?[^\W\d]\w*")
# Macros that declare statics, whose names are found by STATIC.
STATICS_MACROS = ("thread_local", "lazy_static")
STATIC = re.compile(r"(?<!')\b(?:pub(?:\([^)]*\))?\s+)?static\s+(?:ref\s+)?([^\W\d]\w*)")
ITEMS = {
    "function_item": "function",
    "struct_item": "type",
    "enum_item": "type",
    "union_item": "type",
    "type_item": "type",
    "trait_item": "trait",
    "mod_item": "module",
    "const_item": "constant",
    "static_item": "static",
    "macro_definition": "macro",
    "impl_item": "impl",
    "foreign_mod_item": "foreign",
}
BESIDE_ITEMS = (
    "attribute_item", "inner_attribute_item", "use_declaration", "extern_crate_declaration",
    "macro_invocation",
)  # fmt: skip
# Where `.await` belongs to something else than the cell.
ASYNC_SCOPES = ("async_block", "closure_expression", "function_item", "macro_definition")


@dataclass(frozen=True)
class Item:
    """A declaration.

    kind: one of ITEMS' values. names: those that it brings; none for an impl. text: as another
    crate can use it, all public. row: where it begins in its cell, from 0. cell: the name of its
    cell's file. mentions: every identifier in it. Of an impl, of: the names in its type and its
    trait; provides: what of it would clash with another's.
    """

    kind: str
    names: tuple[str, ...]
    text: str
    row: int
    cell: str
    mentions: frozenset[str]
    of: tuple[str, ...] = ()
    provides: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Piece:
    """A statement, or the last expression: its text, row and column, counted from 0."""

    text: str
    row: int
    column: int


@dataclass
class Split:
    """A cell in parts. bindings: the names that `let` binds, and whether they are mutable.

    unclear: the cell does not parse, and what it declares was not looked for.
    """

    attributes: list[str] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    statements: list[Piece] = field(default_factory=list)
    bindings: dict[str, bool] = field(default_factory=dict)
    closures: list[str] = field(default_factory=list)
    result: Piece | None = None
    awaits: bool = False
    unclear: bool = False


@cache
def parser() -> Parser:
    """tree-sitter's parser for Rust."""
    import tree_sitter
    import tree_sitter_rust

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))


def has_main(text: str) -> bool:
    """Whether a cell is a program: nothing but items, of which one is the function main."""
    if not re.search(r"\bfn\s+main\s*\(", text):
        return False
    root = parser().parse(text.encode("utf-8", "surrogateescape")).root_node
    names = []
    for node in root.named_children:
        name = node.child_by_field_name("name")
        if node.type == "function_item" and name is not None:
            names.append(text_of(name))
        elif node.type not in (*ITEMS, *BESIDE_ITEMS) and "comment" not in node.type:
            return False
    return "main" in names


def split(text: str, cell: str) -> Split:
    """The parts of a cell; ``cell`` is the name of its file."""
    source = BEFORE + text.encode("utf-8", "surrogateescape") + AFTER
    root = parser().parse(source).root_node
    function = root.children[0] if root.child_count == 1 else None
    body = function.child_by_field_name("body") if function is not None else None
    if body is None or any(child.is_error or child.is_missing for child in body.children):
        return Split(statements=[Piece(text, 0, 0)], unclear=True)
    parts = Split()
    attributes: list[Node] = []
    nodes = [child for child in body.named_children if "comment" not in child.type]
    for node in nodes:
        if node.type == "inner_attribute_item":
            parts.attributes.append(text_of(node))
        elif node.type == "attribute_item":
            attributes.append(node)
        else:
            _Sorter(source, parts, cell).take(node, attributes, is_last=node is nodes[-1])
            attributes = []
    return parts


@dataclass
class _Sorter:
    """Puts a node of a cell where it belongs."""

    source: bytes
    parts: Split
    cell: str

    def take(self, node: Node, attributes: list[Node], *, is_last: bool) -> None:
        """Put ``node``, with the attributes before it, into the parts."""
        first = attributes[0] if attributes else node
        kind = "static" if declares_statics(node) else ITEMS.get(node.type)
        if kind is not None:
            self.parts.items.append(self._item(kind, node, first))
        elif node.type in ("use_declaration", "extern_crate_declaration"):
            self.parts.imports += imports_of(text_of(node))
        elif node.type != "empty_statement":
            self._statement(node, first, is_last)

    def _statement(self, node: Node, first: Node, is_last: bool) -> None:
        text = self.source[first.start_byte : node.end_byte].decode("utf-8", "surrogateescape")
        row, column = first.start_point
        piece = Piece(text, row - 1, column)
        self.parts.awaits |= any(awaits(node))
        if node.type == "let_declaration":
            self._bind(node)
        elif is_last and not text.endswith(";"):
            self.parts.result = piece
            return
        if is_last and not text.endswith((";", "}")):
            piece = Piece(f"{text};", row - 1, column)
        self.parts.statements.append(piece)

    def _bind(self, node: Node) -> None:
        pattern, value = (node.child_by_field_name(name) for name in ("pattern", "value"))
        all_mutable = any(child.type == "mutable_specifier" for child in node.children)
        if pattern is None:
            return
        for name, mutable in bound(pattern):
            self.parts.bindings.pop(name, None)  # the newest binding stands last
            self.parts.bindings[name] = mutable or all_mutable
            if value is not None and value.type == "closure_expression":
                self.parts.closures.append(name)

    def _item(self, kind: str, node: Node, first: Node) -> Item:
        text = published(self.source, node, first)
        if kind == "macro":
            text = text.replace("macro_rules!", "#[macro_export] macro_rules!", 1)
        names = names_of(kind, node)
        mentions = frozenset(IDENTIFIER.findall(text)) - set(names)
        row = first.start_point[0] - 1
        if kind != "impl":
            return Item(kind, names, text, row, self.cell, mentions)
        of, provides = tuple(owners(node)), frozenset(provisions(node))
        return Item(kind, names, text, row, self.cell, mentions, of, provides)


def declares_statics(node: Node) -> bool:
    """Whether this is a macro's call that stands for statics."""
    call = node.named_children[0] if node.type == "expression_statement" else node
    macro = call.child_by_field_name("macro") if call.type == "macro_invocation" else None
    return macro is not None and text_of(macro) in STATICS_MACROS


def names_of(kind: str, node: Node) -> tuple[str, ...]:
    """The names that an item brings."""
    if kind == "foreign":
        found = [child.child_by_field_name("name") for child in _inner(node)]
        return tuple(text_of(name) for name in found if name is not None)
    name = node.child_by_field_name("name")
    if kind == "static" and name is None:
        return tuple(STATIC.findall(text_of(node)))
    return (text_of(name),) if name is not None and kind != "impl" else ()


def owners(node: Node) -> Iterator[str]:
    """The names in an impl's type, then those in its trait: one must be of the same crate."""
    for field_name in ("type", "trait"):
        part = node.child_by_field_name(field_name)
        if part is not None:
            yield from IDENTIFIER.findall(text_of(part))


def provisions(node: Node) -> Iterator[str]:
    """What of an impl can be there only once: its trait for its type, or its functions."""
    type_, trait = node.child_by_field_name("type"), node.child_by_field_name("trait")
    of = " ".join(text_of(type_).split()) if type_ is not None else ""
    if trait is not None:
        yield f"{' '.join(text_of(trait).split())} for {of}"
        return
    for child in _inner(node):
        name = child.child_by_field_name("name")
        yield f"{of}::{text_of(name)}" if name is not None else of


def bound(pattern: Node) -> Iterator[tuple[str, bool]]:
    """The names that a pattern binds, and whether they are mutable."""
    if pattern.type in ("identifier", "shorthand_field_identifier"):
        yield text_of(pattern), False
        return
    mutable = any(child.type == "mutable_specifier" for child in pattern.children)
    skipped = [pattern.child_by_field_name("type")]
    if pattern.type == "field_pattern" and pattern.child_by_field_name("pattern") is not None:
        skipped.append(pattern.child_by_field_name("name"))
    for child in pattern.named_children:
        if child not in skipped and child.type != "scoped_identifier":
            for name, own in bound(child):
                yield name, own or (mutable and pattern.type in ("mut_pattern", "field_pattern"))


def awaits(node: Node) -> Iterator[bool]:
    """Something for each `.await` that is the cell's own."""
    if node.type == "await_expression":
        yield True
    if node.type == "macro_invocation" and re.search(r"\.\s*await\b", text_of(node)):
        yield True
    if node.type not in ASYNC_SCOPES:
        for child in node.named_children:
            yield from awaits(child)


def published(source: bytes, node: Node, first: Node) -> str:
    """An item's text, from ``first`` on, with all of it that has a visibility made public."""
    edits = sorted(_visibilities(node), reverse=True)
    text = source[first.start_byte : node.end_byte]
    for start, end in edits:
        before, after = text[: start - first.start_byte], text[end - first.start_byte :]
        text = before + (b"pub" if end > start else b"pub ") + after
    return text.decode("utf-8", "surrogateescape")


def _visibilities(node: Node) -> Iterator[tuple[int, int]]:
    """Where visibilities are, or belong: as offsets, of which the second is the first then."""
    if declares_statics(node):
        text = node.text or b""
        for match in STATIC.finditer(text.decode("utf-8", "surrogateescape")):
            if not match[0].startswith("pub"):
                at = node.start_byte + len(match.string[: match.start()].encode())
                yield at, at
        return
    if node.type not in ("impl_item", "macro_definition", "foreign_mod_item"):
        yield _visibility(node)
    if node.type in ("struct_item", "union_item"):
        yield from _fields(node)
    is_inherent = node.type == "impl_item" and node.child_by_field_name("trait") is None
    if is_inherent or node.type == "foreign_mod_item":
        for child in _inner(node):
            yield _visibility(child)


def _inner(node: Node) -> Iterator[Node]:
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        if child.type in ("function_item", "const_item", "function_signature_item", "static_item"):
            yield child


def _visibility(node: Node) -> tuple[int, int]:
    for child in node.children:
        if child.type == "visibility_modifier":
            return child.start_byte, child.end_byte
    before = node.prev_sibling  # a word that the grammar does not know yet
    first = before if before is not None and before.text == b"safe" else node
    return first.start_byte, first.start_byte


def _fields(node: Node) -> Iterator[tuple[int, int]]:
    body = node.child_by_field_name("body")
    if body is None:
        return
    if body.type == "field_declaration_list":
        for child in body.named_children:
            if child.type == "field_declaration":
                yield _visibility(child)
        return
    visibility: tuple[int, int] | None = None
    for child in body.named_children:
        if child.type == "visibility_modifier":
            visibility = child.start_byte, child.end_byte
        elif child.type != "attribute_item" and "comment" not in child.type:
            yield visibility or (child.start_byte, child.start_byte)
            visibility = None
