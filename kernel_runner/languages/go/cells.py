"""Splitting a cell: imports, declarations, statements, and the trailing expression.

The grammar is tree-sitter's, which takes statements beside declarations. Offsets and columns are
in bytes, as Go counts them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query

DECLARING = re.compile(
    rb"\s*(?:(?://.*|/\*(?s:.)*?\*/)\s*)*(?:package|import|func|type|var|const)\b"
)
PACKAGE_CLAUSE = re.compile(rb"^package +\w+", re.MULTILINE)
# Calls whose values say how the call went, and are no answer: nobody wants to see `6 <nil>`.
ONLY_DONE = re.compile(rb"(?:^|\.)(?:Print|Fprint|Scan|Fscan|Sscan|Write)\w*$")
QUERY = """
(identifier) @name
(type_identifier) @name
(selector_expression operand: (identifier) @package field: (field_identifier) @member)
(qualified_type package: (package_identifier) @package name: (type_identifier) @member)
"""
SPECS = {
    "var_declaration": "var_spec",
    "const_declaration": "const_spec",
    "type_declaration": "type_spec",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a cell, and where it stands: lines and columns count from 1."""

    text: bytes
    cell: str
    line: int
    column: int

    def placed(self) -> bytes:
        """The text with a directive before it that has the compiler know its place."""
        return b"/*line %s:%d:%d*/%s" % (self.cell.encode(), self.line, self.column, self.text)


@dataclass(frozen=True, slots=True)
class Uses:
    """What code mentions: names, and members of what may be packages, as (package, member)."""

    names: frozenset[str] = frozenset()
    members: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: Uses) -> Uses:
        return Uses(self.names | other.names, self.members | other.members)


@dataclass(frozen=True, slots=True)
class Import:
    """An import; alias is empty where the package goes by its own name. For "C", the comment
    before it belongs to it."""

    alias: str
    path: str
    piece: Piece


@dataclass(frozen=True, slots=True)
class Declaration:
    """Something declared at package level.

    kind: func, method, type, var or const. names: each name that it declares (`T.M` for a
    method) and where in the text that name is. of_group: its keyword is not from the cell.
    """

    kind: str
    piece: Piece
    names: dict[str, tuple[int, int]]
    uses: Uses
    of_group: bool = False

    @property
    def receiver(self) -> str:
        """The type that a method belongs to; empty for all else."""
        return next(iter(self.names)).partition(".")[0] if self.kind == "method" else ""

    def without(self, names: Collection[str]) -> Declaration | None:
        """With these names blank; None where no other is left."""
        left = {name: span for name, span in self.names.items() if name not in names}
        if len(left) == len(self.names):
            return self
        if not left:
            return None
        text = self.piece.text
        for name in self.names.keys() - left.keys():
            start, end = self.names[name]
            text = text[:start] + b"_".ljust(end - start) + text[end:]
        return replace(self, piece=replace(self.piece, text=text), names=left)


@dataclass(slots=True)
class Cell:
    """What a cell consists of.

    value: the trailing expression. locals: the variables of its statements. whole: the cell's
    text, of which the rest may be nonsense because the grammar does not understand it; declares:
    whether that begins as declarations do.
    """

    imports: list[Import] = field(default_factory=list)
    declarations: list[Declaration] = field(default_factory=list)
    statements: list[Piece] = field(default_factory=list)
    value: Piece | None = None
    uses: Uses = field(default_factory=Uses)
    locals: set[str] = field(default_factory=set)
    whole: Piece | None = None
    declares: bool = False

    @property
    def names(self) -> set[str]:
        """All names that it declares at package level."""
        return {name for declaration in self.declarations for name in declaration.names}

    @property
    def runs(self) -> bool:
        """Whether there is something to run."""
        whole_runs = self.whole is not None and not self.declares
        return bool(self.statements or self.value or whole_runs or "main" in self.names)


def split(code: str, name: str, main: bool = False) -> Cell:
    """Split a cell that messages call ``name``; with main, all but functions is main's body."""
    source = code.encode("utf-8", "surrogateescape")
    return _Splitter(source, name, main).split()


class _Splitter:
    def __init__(self, source: bytes, name: str, main: bool) -> None:
        self._source = source
        self._name = name
        self._main = main
        self._cell = Cell()

    def split(self) -> Cell:
        root = _parse(self._source + b"\n")
        cell = self._cell
        children = [child for child in root.children if child.is_named or child.is_error]
        last = _last(children)
        for index, node in enumerate(children):
            start = self._comments_before(children, index)
            if node.type == "import_declaration":
                cell.imports += self._imports(node, start)
            elif node.type in ("function_declaration", "method_declaration"):
                cell.declarations.append(self._function(node, start))
            elif node.type in SPECS and not self._stays(node):
                cell.declarations += self._declared(node, start)
            elif node.type not in ("comment", "package_clause"):
                self._add_statement(node, start, is_last=index == last)
        if root.has_error:
            cell.whole = Piece(self._source, self._name, 1, 1)
            cell.declares = bool(DECLARING.match(self._source)) and not self._main
        cell.uses = _uses(root)
        return cell

    def _add_statement(self, node: Node, start: Node, is_last: bool) -> None:
        if is_last and node.type == "expression_statement" and not _is_only_done(node):
            self._cell.value = self._piece(node)
        else:
            self._cell.statements.append(self._piece(node, start))
            self._cell.locals |= set(_local_names(node))

    def _stays(self, node: Node) -> bool:
        """Whether a declaration has its place among the statements.

        It has where it uses what they declare, and where it computes: what a variable is set to
        must not be computed before the statements above it.
        """
        if self._main:
            return True
        if not self._cell.statements:
            return False
        uses = _uses(node)
        return bool(uses.names & self._cell.locals) or any(_of_type(node, "call_expression"))

    def _comments_before(self, children: list[Node], index: int) -> Node:
        """The first of the comments right above a node, else the node."""
        start = children[index]
        while index and children[index - 1].type == "comment":
            above = children[index - 1]
            if above.end_point.row != start.start_point.row - 1 or (
                index > 1 and children[index - 2].end_point.row == above.start_point.row
            ):
                break
            start, index = above, index - 1
        return start

    def _imports(self, node: Node, start: Node) -> Iterator[Import]:
        for spec in _of_type(node, "import_spec"):
            path = spec.child_by_field_name("path")
            name = spec.child_by_field_name("name")
            assert path is not None
            text = _text(path)[1:-1]
            piece = self._piece(node, start) if text == "C" else self._piece(spec)
            yield Import(_text(name) if name else "", text, piece)

    def _function(self, node: Node, start: Node) -> Declaration:
        name = node.child_by_field_name("name")
        receiver = node.child_by_field_name("receiver")
        spelled = _text(name) if name else ""
        kind = "func"
        if receiver is not None:
            kind = "method"
            spelled = f"{_text(next(_of_type(receiver, 'type_identifier'), receiver))}.{spelled}"
        names = {spelled: _span(name, start.start_byte)} if name else {}
        return Declaration(kind, self._piece(node, start), names, _uses(node))

    def _declared(self, node: Node, start: Node) -> Iterator[Declaration]:
        """A group's declarations, each for itself; constants that count on each other as one."""
        kind = node.type.partition("_")[0]
        kinds = (SPECS[node.type], "type_alias")
        grouped = any(child.type in ("(", "var_spec_list") for child in node.children)
        specs = [spec for each in kinds for spec in _of_type(node, each)]
        if not grouped or _counts(specs, node):
            names = {
                n: s for spec in specs for n, s in _declared_names(spec, start.start_byte).items()
            }
            yield Declaration(kind, self._piece(node, start), names, _uses(node))
            return
        for spec in specs:
            piece = self._piece(spec)
            prefix = kind.encode() + b" "
            # The keyword goes before the directive: the columns stay the specification's.
            names = _declared_names(spec, spec.start_byte)
            yield Declaration(kind, replace(piece, text=prefix + piece.text), {
                name: (begin + len(prefix), end + len(prefix))
                for name, (begin, end) in names.items()
            }, _uses(spec), of_group=True)  # fmt: skip

    def _piece(self, node: Node, start: Node | None = None) -> Piece:
        """The text of a node, from where ``start`` starts."""
        begin = start or node
        line, column = begin.start_point
        text = self._source[begin.start_byte : node.end_byte]
        return Piece(text, self._name, line + 1, column + 1)


@cache
def _grammar() -> Language:
    import tree_sitter  # 10 ms that a kernel's start need not wait for
    import tree_sitter_go

    return tree_sitter.Language(tree_sitter_go.language())


def _parse(source: bytes) -> Node:
    import tree_sitter

    return tree_sitter.Parser(_grammar()).parse(source).root_node


@cache
def _query() -> Query:
    import tree_sitter

    return tree_sitter.Query(_grammar(), QUERY)


def _uses(node: Node) -> Uses:
    import tree_sitter

    names, members = set(), set()
    cursor = tree_sitter.QueryCursor(_query())
    for _, found in cursor.matches(node):
        if "member" in found:
            members.add((_text(found["package"][0]), _text(found["member"][0])))
        else:
            names.add(_text(found["name"][0]))
    return Uses(frozenset(names), frozenset(members))


def _of_type(node: Node, type_: str) -> Iterator[Node]:
    """Descendants of a type, outermost first."""
    for child in node.named_children:
        if child.type == type_:
            yield child
        else:
            yield from _of_type(child, type_)


def _declared_names(spec: Node, start: int) -> dict[str, tuple[int, int]]:
    names = spec.children_by_field_name("name")
    return {_text(name): _span(name, start) for name in names if name.is_named}


def _counts(specs: Sequence[Node], node: Node) -> bool:
    """Whether constants of a group depend on their place in it."""
    if node.type != "const_declaration":
        return False
    return b"iota" in (node.text or b"") or any(
        spec.child_by_field_name("value") is None for spec in specs
    )


def _local_names(node: Node) -> Iterator[str]:
    """The names that a statement declares for those after it."""
    if node.type == "short_var_declaration":
        left = node.child_by_field_name("left")
        yield from (_text(name) for name in (left.named_children if left else ()))
    elif node.type in SPECS:
        for spec in _of_type(node, SPECS[node.type]):
            yield from _declared_names(spec, 0)


def _is_only_done(node: Node) -> bool:
    call = node.named_children[0] if node.named_children else node
    function = call.child_by_field_name("function")
    return function is not None and bool(ONLY_DONE.search(function.text or b""))


def _last(children: Sequence[Node]) -> int:
    """The index of the last that is no comment."""
    indexes = [index for index, child in enumerate(children) if child.type != "comment"]
    return indexes[-1] if indexes else -1


def _span(node: Node, start: int) -> tuple[int, int]:
    return node.start_byte - start, node.end_byte - start


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")
