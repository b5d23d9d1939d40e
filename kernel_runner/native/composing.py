"""Cells of C and C++ as one source file: what they declare, and a main function that runs them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kernel_runner.export import Project, Ran, indented
from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

SIMPLE = ("identifier", "call_expression", "field_expression", "subscript_expression")
BEFORE, AFTER = b"{\n", b"\n;}"
WORD = re.compile(r"[^\W\d]\w*")
IGNORED = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
STATEMENT_DIRECTIVE = re.compile(r"#\s*pragma\s+(?:omp|GCC\s+(?:unroll|ivdep))\b")
TYPES = ("struct_specifier", "union_specifier", "enum_specifier", "class_specifier")
TOP = (
    *TYPES, "function_definition", "type_definition", "template_declaration",
    "namespace_definition", "namespace_alias_definition", "using_declaration",
    "alias_declaration", "linkage_specification", "static_assert_declaration",
    "template_instantiation", "concept_definition",
)  # fmt: skip
REDEFINED = (
    "{names} was defined more than once: the last definition is written, and cells before it may "
    "do something else than they did"
)
UNCLEAR = "Cell {number} stands in main as it is: what it declares could not be told"
UNPRINTED = "The value of cell {number} is computed, but not printed: nothing prints its type"


@dataclass(frozen=True)
class Dialect:
    """What differs between the two.

    declared: finds a declarator's name. is_function: whether a declarator declares a function.
    is_constant: whether an initialiser may stand outside of functions wherever it is.
    assigns: how a variable that is declared outside gets its value in main; empty: it cannot,
    and the declaration stands outside with its value. prints: the statement that prints a value
    the way it was shown, by the expression, the same as an operand, and what was shown; empty:
    there is none. result_headers: what it takes. zero: what a variable is in a session that was
    given no value; empty: nothing that must be said. head: main's first line. overloads: whether
    functions of one name may differ in their parameters.
    """

    parser: Callable[[], Parser]
    declared: Callable[[Node], Node | None]
    is_function: Callable[[Node], bool]
    is_constant: Callable[[Node], bool]
    assigns: Callable[[Variable], str]
    prints: Callable[[str, str, str], str]
    result_headers: Sequence[str]
    zero: Callable[[Variable], str]
    head: str
    overloads: bool


@dataclass(frozen=True)
class Variable:
    """One variable of a declaration. plain: its declarator without the value."""

    name: str
    type: str
    plain: str
    value: str
    is_constant: bool
    is_list: bool


@dataclass
class Part:
    """Something in the file; key: what it is known by, of which there can be only one."""

    text: str
    key: str = ""
    prototype: str = ""
    variables: list[Variable] = field(default_factory=list)
    before: str = ""  # comments
    behind: str = ""
    uses: frozenset[str] = frozenset()  # names of others


class Source:
    """A file in the making, cell by cell."""

    def __init__(self, dialect: Dialect) -> None:
        self.notes: list[str] = []
        self._dialect = dialect
        self._includes: dict[str, None] = {}
        self._top: list[Part] = []  # variables, too, where they were declared
        self._main: list[Part] = []
        self._places: dict[str, int] = {}  # in it, of what there can be only once
        self._redefined: dict[str, None] = {}
        self._first: dict[str, Variable] = {}  # of those that stand outside of main
        self._last: Part | None = None  # what a comment behind it belongs to

    def add(self, cell: Ran) -> None:
        """A cell's parts, each where it belongs."""
        raw = cell.text.encode("utf-8", "surrogateescape")
        root = self._dialect.parser().parse(BEFORE + raw + AFTER).root_node
        block = root.children[0] if root.children else None
        if block is None or root.child_count > 1 or root.has_error:
            self.notes.append(UNCLEAR.format(number=cell.number))
            self._main += [Part(cell.text.strip()), Part("")]
            return
        nodes = block.children[1:-1]
        end = len(BEFORE) + len(raw)
        said = [n for n in nodes if n.type not in ("comment", ";") and text_of(n).strip() != ";"]
        comments: list[str] = []
        row = -1
        for node in nodes:
            text = raw[node.start_byte - len(BEFORE) : max(node.end_byte, 0) - len(BEFORE)]
            if node.type == "comment":
                if node.start_point.row == row and not comments:  # behind what it is about
                    self._behind(text_of(node))
                else:
                    comments.append(text_of(node))
            elif node in said:
                is_value = node is said[-1] and node.end_byte > end
                written = text.decode("utf-8", "surrogateescape").strip()
                self._take(node, written, "\n".join([*comments, ""]), is_value, cell)
                comments = []
            row = node.end_point.row - (node.end_point.column == 0)
        if comments:
            self._main.append(Part("\n".join(comments)))
        self._main.append(Part(""))

    def text(self) -> str:
        """The whole file."""
        outside = self._outside()
        statements = self._statements(outside)
        top = [self._written(part, outside) for part in self._top]
        parts = ["\n".join(self._includes), *top]
        parts.append("\n".join([self._dialect.head, "{", *statements, "}"]))
        if self._redefined:
            self.notes.append(REDEFINED.format(names=", ".join(self._redefined)))
        return "\n\n".join(part for part in parts if part) + "\n"

    # -- cells -------------------------------------------------------------------------------------

    def _behind(self, comment: str) -> None:
        """A comment in the line of what was just taken."""
        if self._last is not None:
            self._last.text += f"  {comment}"
            self._last.behind += f"  {comment}"

    def _take(self, node: Node, text: str, before: str, is_value: bool, cell: Ran) -> None:
        self._last = None
        if node.type == "preproc_include":
            self._includes[text] = None
        elif node.type.startswith("preproc_"):
            self._directive(node, f"{before}{text}")
        elif node.type in TOP:
            end = ";" if node.type in TYPES else ""
            self._declare(node, f"{before}{text}{end}")
            if self._last is not None:
                self._last.uses = frozenset(self._used_in(node))
        elif node.type == "declaration" and not is_value:
            self._declaration(node, text, before)
        elif is_value and node.type in ("expression_statement", "declaration"):
            text = text.rstrip(";").rstrip()
            simple = node.named_children[0].type in SIMPLE and len(node.named_children) == 1
            self._value(text, text if simple else f"({text})", before, cell)
        else:
            if is_value and not text.endswith(("}", ";")):
                text += ";"
            self._last = Part(before + text)
            self._main.append(self._last)

    def _directive(self, node: Node, text: str) -> None:
        runs = any(child.type.endswith("_statement") for child in node.named_children)
        if runs or STATEMENT_DIRECTIVE.search(text):
            self._main.append(Part(text))
            return
        name = node.child_by_field_name("name")
        is_macro = node.type in ("preproc_def", "preproc_function_def") and name is not None
        key = f"macro {text_of(name)}" if is_macro and name else ""
        self._put(Part(text, key, uses=frozenset(words_of(text))))

    def _used_in(self, node: Node) -> set[str]:
        """The names that a declaration uses, but for those that are its own."""
        used, own = set(), set()
        waiting = [node]
        while waiting:
            each = waiting.pop()
            if each.type == "identifier":
                used.add(text_of(each))
            if each.type in ("declaration", "for_range_loop") or "parameter" in each.type:
                for declarator in each.children_by_field_name("declarator"):
                    name = self._dialect.declared(declarator)
                    own |= {text_of(name)} if name is not None else set()
            waiting += each.named_children
        return used - own

    def _declare(self, node: Node, text: str) -> None:
        inner = node
        if node.type == "template_declaration":
            inner = node.named_children[-1]
        if inner.type == "function_definition":
            declarator = inner.child_by_field_name("declarator")
            body = inner.child_by_field_name("body")
            name = self._dialect.declared(declarator) if declarator is not None else None
            known = text_of(name) if name is not None else ""
            shape = text_of(declarator) if declarator is not None else ""
            parameters = re.sub(r"\s+", "", shape[shape.find("(") :])
            key = f"function {known}{parameters if self._dialect.overloads else ''}"
            prototype = ""
            if body is not None and inner is node:
                length = body.start_byte - node.start_byte
                head = (node.text or b"")[:length].decode("utf-8", "surrogateescape")
                prototype = " ".join(head.split()) + ";"
            self._put(Part(text, key, prototype), known)
            return
        name = inner.child_by_field_name("name")
        if inner.type == "type_definition":
            declarator = inner.child_by_field_name("declarator")
            name = self._dialect.declared(declarator) if declarator is not None else None
        named = name is not None and inner.type != "namespace_definition"
        known = text_of(name) if named and name is not None else ""
        self._put(Part(text, f"type {known}" if known else ""), known)

    def _put(self, part: Part, name: str = "") -> None:
        """Add a declaration; one that is there already gives way to it."""
        self._last = part
        key = part.key or part.text
        index = self._places.get(key)
        if index is not None and self._top[index].text == part.text:
            return
        if index is not None:
            self._redefined[name or key.partition(" ")[2]] = None
            # What a function uses may be declared later than the old one was.
            self._top[index] = Part(part.prototype) if part.prototype else part
        if index is None or part.prototype:
            self._places[key] = len(self._top)
            self._top.append(part)

    def _declaration(self, node: Node, text: str, before: str) -> None:
        declarators = node.children_by_field_name("declarator")
        inner = [d.child_by_field_name("declarator") if "init" in d.type else d
                 for d in declarators]  # fmt: skip
        if declarators and all(d is not None and self._dialect.is_function(d) for d in inner):
            self._put(Part(before + text, f"prototype {text}"))
            return
        part = Part(before + text, before=before)
        type_ = (node.text or b"")[: declarators[0].start_byte - node.start_byte] if declarators \
            else b""  # fmt: skip
        for declarator in declarators:
            plain = declarator
            value = None
            if declarator.type == "init_declarator":
                plain = declarator.child_by_field_name("declarator") or declarator
                value = declarator.child_by_field_name("value")
            name = self._dialect.declared(plain)
            if name is None:
                continue
            part.variables.append(
                Variable(
                    text_of(name),
                    type_.decode("utf-8", "surrogateescape").strip(),
                    text_of(plain),
                    text_of(value) if value is not None else "",
                    value is None or self._dialect.is_constant(value),
                    value is not None and value.type in ("initializer_list", "argument_list"),
                )
            )
        self._last = part
        self._top.append(part)
        self._main.append(part)

    def _value(self, text: str, operand: str, before: str, cell: Ran) -> None:
        printed = self._dialect.prints(text, operand, cell.result) if cell.result else ""
        if cell.result and not printed:
            self.notes.append(UNPRINTED.format(number=cell.number))
        if printed:
            self._includes |= dict.fromkeys(self._dialect.result_headers)
        if not printed:
            printed = f"(void){operand};" if cell.result else f"{text};"
        self._main.append(Part(before + printed))

    # -- the file ----------------------------------------------------------------------------------

    def _outside(self) -> set[str]:
        """The variables that functions use, and so must stand outside of main."""
        used: set[str] = set()
        for part in self._top:
            if not part.variables:
                used |= part.uses
        while True:
            more = {
                word
                for part in self._top
                for each in part.variables
                if each.name in used and not self._dialect.assigns(each)
                for word in words_of(f"{each.plain} {each.value}")
            }
            if more <= used:
                break
            used |= more
        names = {each.name for part in self._top for each in part.variables}
        # What is declared together stays together.
        together = [
            {each.name for each in part.variables}
            for part in self._top
            if any(each.name in used for each in part.variables)
        ]
        return (used & names).union(*together)

    def _written(self, part: Part, outside: set[str]) -> str:
        """A part as it stands outside of main; a variable only where it is declared first."""
        if not part.variables:
            return part.text
        if part.variables[0].name not in outside:
            return ""
        for each in part.variables:
            first = self._first.setdefault(each.name, each)
            if (first.type, first.plain) != (each.type, each.plain):
                self._redefined[each.name] = None
        if any(self._first[each.name] is not each for each in part.variables):
            return ""
        if all(each.is_constant or not self._dialect.assigns(each) for each in part.variables):
            return part.text
        return "\n".join(f"{each.type} {each.plain};" for each in part.variables)

    def _statements(self, outside: set[str]) -> list[str]:
        lines: list[str] = []
        depth = 1
        seen: dict[str, Variable] = {}
        first: set[str] = set()
        for part in self._main:
            if not part.text:  # the end of a cell
                lines += [""] if lines and lines[-1] else []
                continue
            names = {each.name for each in part.variables}
            if names & outside:
                lines += [
                    indented(text, "    " * depth)
                    for text in self._assignments(part, names <= first)
                ]
                first |= names
                continue
            text = self._local(part)
            if all(self._is_same(each, seen.get(each.name)) for each in part.variables) and names:
                text = "\n".join(self._assignments(part, again=True))
            elif names & seen.keys():  # from here on the name is another variable's
                lines.append(f"{'    ' * depth}{{")
                depth += 1
                seen = {}
            seen |= {each.name: each for each in part.variables}
            lines.append(indented(text, "    " * depth))
        if lines and not lines[-1]:
            lines.pop()
        lines += [f"{'    ' * level}}}" for level in range(depth - 1, 0, -1)]
        return lines

    def _is_same(self, new: Variable, old: Variable | None) -> bool:
        """Whether a variable is declared as it was before, and may be given its value anew."""
        same = old is not None and (new.type, new.plain) == (old.type, old.plain)
        return same and bool(new.value and self._dialect.assigns(new))

    def _local(self, part: Part) -> str:
        """A declaration inside of main, where nothing is zero by itself as it was in a session."""
        zeros = [self._dialect.zero(each) for each in part.variables if not each.value]
        if not any(zeros):
            return part.text
        declared = [
            f"{each.plain} = {each.value or self._dialect.zero(each)}".removesuffix(" = ")
            for each in part.variables
        ]
        return f"{part.before}{part.variables[0].type} {', '.join(declared)};{part.behind}"

    def _assignments(self, part: Part, again: bool) -> list[str]:
        """What gives variables that are declared outside their values in their turn."""
        stands = all(each.is_constant or not self._dialect.assigns(each) for each in part.variables)
        if stands and not again:
            return []
        return [
            self._dialect.assigns(each) or f"{each.name} = {each.value};"
            for each in part.variables
            if each.value
        ]


def words_of(text: str) -> set[str]:
    """The names in a piece of code, but for comments and strings."""
    return set(WORD.findall(IGNORED.sub(" ", text)))


def add_source(project: Project, dialect: Dialect, cells: Sequence[Ran]) -> str:
    """The source that cells come to; what is to be said of it is added to the project's notes."""
    source = Source(dialect)
    for cell in cells:
        source.add(cell)
    text = source.text()
    project.notes += source.notes
    return text


def source_and_makefile(
    text: str,
    suffix: str,
    compiler: str,
    variable: str,
    flags: Sequence[str],
    libraries: Sequence[str],
) -> dict[str, str]:
    """The files of a project with one source.

    compiler, variable: the makefile's variables for the compiler and its switches.
    """
    made = makefile(compiler, variable, shlex.join(flags), shlex.join(libraries), suffix)
    return {f"main{suffix}": text, "Makefile": made}


def makefile(compiler: str, variable: str, flags: str, libraries: str, suffix: str) -> str:
    """A makefile for one source, main."""
    lines = [f"{variable} = {flags}".rstrip()]
    if libraries:
        lines.append(f"LDLIBS = {libraries}")
    return "\n".join(
        [
            *lines,
            "",
            f"main: main{suffix}",
            f"\t$({compiler}) $({variable}) -o $@ $< $(LDLIBS)",
            "",
            "clean:",
            "\trm -f main",
            "",
            ".PHONY: clean",
            "",
        ]
    )
