"""Splitting a C++ cell: what stands at namespace scope, and what runs.

A variable stays at namespace scope, so that its type is deduced and its initialiser runs as the
language has it; the cell's statements are functions that are called by initialisers in between.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from kernel_runner.languages.cpp import tree
from kernel_runner.languages.cpp.functions import Functions, members_of
from kernel_runner.languages.cpp.prelude import Entry, Key, Kind, Prelude
from kernel_runner.languages.cpp.tree import words_of
from kernel_runner.languages.cpp.variables import Variables
from kernel_runner.native.macros import expand
from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

BEFORE, AFTER = "{\n", "\n;}"
TYPES = (*tree.SPECIFIERS, "alias_declaration", "type_definition", "namespace_alias_definition")
# What may be the cell's value: `a * b` looks like a declaration, and `space::name` like a type.
VALUES = (
    "expression_statement", "declaration", "qualified_identifier", "type_identifier",
    "template_type",
)  # fmt: skip
SYSTEM_HEADER = re.compile(r"#\s*include\s*<")


@dataclass
class Split:
    """The parts of a cell's source in order, and what they declare.

    includes: headers of the system, before anything else.
    unclear: the grammar does not know all of it. broken: it does not end where the cell does, and
    is to be shown the compiler as it stands, at file scope or inside a function.
    """

    parts: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)
    declared: int = 0  # how many parts there were after the last declaration
    unclear: bool = False
    broken: Literal["", "file", "function"] = ""


def split(text: str, number: int, name: str, prelude: Prelude) -> Split:
    """Take a cell apart."""
    return Splitter(text, number, name, prelude).split()


class Splitter:
    def __init__(self, text: str, number: int, name: str, prelude: Prelude) -> None:
        self._text = text
        self.number = number
        self._name = name
        self.prelude = prelude
        self.result = Split()
        self._statements: list[str] = []
        self._spaces: dict[Key, str] = {}
        self._count = 0
        self._ordinal = 1
        self._functions = Functions(self)
        self._last: Node | None = None

    def split(self) -> Split:
        """Take the cell apart."""
        source = self._wrapped_source(self._text)
        body = tree.parser().parse(source).root_node
        expanded = expand(self._text, body, len(BEFORE), self._macro, tree.parser())
        if expanded != self._text:
            source = self._wrapped_source(expanded)
            body = tree.parser().parse(source).root_node
        self.result.unclear = body.has_error
        self._end = len(source) - len(AFTER)
        body = body.children[0] if body.children else body
        nodes = [node for node in body.children[1:-1] if node.type != "comment"]
        says = [node for node in nodes if self._text_in_cell(node).strip() not in ("", ";")]
        if body.end_byte < len(source) or any(node.end_byte > self._end + 2 for node in nodes):
            declares = not says or says[-1].type in TYPES or "definition" in says[-1].type
            self.result.broken = "file" if declares else "function"
            return self.result
        ended = bool(says) and any(
            node.type == ";" and says[-1].end_byte <= node.start_byte < self._end for node in nodes
        )
        self._last = says[-1] if says and not ended else None
        for node in nodes:
            self._take(node, ())
        self.flush()
        return self.result

    @staticmethod
    def _wrapped_source(text: str) -> bytes:
        return f"{BEFORE}{text}{AFTER}".encode("utf-8", "surrogateescape")

    def _macro(self, name: str) -> str:
        """The definition of a macro that stands from before, or is made in this cell."""
        found = re.search(rf"^\s*#\s*define\s+{name}\(.*(?:\\\n.*)*", self._text, re.MULTILINE)
        known = self.prelude.find(("", name, ""))
        if found is not None:
            return found[0]
        return known.body if known is not None and known.kind == "macro" else ""

    def _take(self, node: Node, scope: tuple[str, ...]) -> None:
        type_ = node.type
        if type_ == "namespace_definition":
            self._namespace(node, scope)
        elif type_.startswith("preproc_"):
            self._directive(node)
        elif type_ in TYPES:
            self.type(node, scope)
        elif type_ == "function_definition":
            self._functions.define(node, node, scope)
        elif type_ == "template_declaration":
            self._functions.template(node, scope)
        elif type_ == "declaration":
            self._declaration(node, scope)
        elif type_ == "using_declaration":
            self.raw(node, scope, text_of(node))
        elif type_ == "linkage_specification":
            self.raw(node, scope, text_of(node), seen=self._without_bodies(node))
        elif type_ in ("static_assert_declaration", "template_instantiation"):
            self.put(self.at(node, text_of(node)))
        elif type_ not in ("comment", ";") and text_of(node).strip() not in ("", ";"):
            self.statement(node)

    # -- what runs -------------------------------------------------------------------------------

    def statement(self, node: Node) -> None:
        """Something that runs in its turn; the cell's value, if it comes last and is one."""
        text = self._text_in_cell(node).rstrip()
        is_value = node == self._last and node.type in VALUES and not node.has_error
        if not is_value or text.endswith(";"):
            self._statements.append(
                self.at(node, text if text.endswith((";", "}")) else f"{text};")
            )
            return
        # A value's own comma may be overloaded: that of a value and nothing is ours.
        self._statements.append(
            f"\nkernel_runner::show((\n{self.at(node, text)}\n, kernel_runner::nothing()));"
        )

    def _text_in_cell(self, node: Node) -> str:
        """A node's text without the semicolon that we have put behind the cell."""
        raw = node.text or b""
        return raw[: max(0, self._end - node.start_byte)].decode("utf-8", "surrogateescape")

    def flush(self) -> None:
        """The statements so far become a function that is called in its turn."""
        if not self._statements:
            return
        self._count += 1
        label = f"{self.number}_{self._count}"
        body = "".join(self._statements)
        self._statements = []
        self.result.parts.append(
            f'\nstatic void kernel_runner_cell_{label}()\n{{{body}\n}}\n# 1 "cell" 3'
            f"\n[[maybe_unused]] static const bool kernel_runner_ran_{label} ="
            f" (kernel_runner_cell_{label}(), true);"
        )

    def put(self, text: str) -> None:
        """Add a part of the source, after the statements so far."""
        self.flush()
        self.result.parts.append(text)

    # -- what is declared ------------------------------------------------------------------------

    def _namespace(self, node: Node, scope: tuple[str, ...]) -> None:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        inline = "inline " if any(child.type == "inline" for child in node.children) else ""
        names = re.findall(r"\w+", text_of(name)) if name is not None else []
        inner = (*scope, *(f"{inline}namespace {each}" for each in names))
        for child in body.named_children if body is not None else ():
            self._take(child, inner)

    def _directive(self, node: Node) -> None:
        text = text_of(node).rstrip()
        if node.type == "preproc_include":
            if SYSTEM_HEADER.match(text) and not self.result.entries:
                self.result.includes.append(text)
                self.put(self.at(node, text))
            else:
                self.add(self.entry("text", (), node, (), text))
        elif node.type in ("preproc_def", "preproc_function_def"):
            name = node.child_by_field_name("name")
            if name is not None:
                self.add(self.entry("macro", (("", text_of(name), ""),), node, (), text))
        elif re.match(r"#\s*undef\s+\w", text):
            self.add(self.entry("macro", (("", text.split()[-1], ""),), node, (), text))
        elif re.match(r"#\s*pragma\s+omp\b", text):
            self._statements.append(self.at(node, text) + "\n")
        else:
            self.raw(node, (), text)

    def raw(self, node: Node, scope: tuple[str, ...], text: str, seen: str = "") -> None:
        """A declaration that is the same in every cell, or that later ones see as ``seen``."""
        entry = self.entry("text", (), node, scope, seen or text)
        self.add(entry, self.at(node, text))

    def type(self, node: Node, scope: tuple[str, ...], unnamed: str = "") -> Entry:
        """A type's definition or promise; unnamed: its name where it has none."""
        text = text_of(node)
        if unnamed:
            keyword = text_of(node.children[0])
            text = f"{keyword} {unnamed}{text[len(keyword) :]}"
        if not text.endswith(";"):
            text += ";"
        declarators = node.children_by_field_name("declarator")
        named = [name for each in declarators if (name := tree.declared(each)) is not None]
        if not named and (name := node.child_by_field_name("name")) is not None:
            named = [name]
        names = [*map(text_of, named), *([unnamed] * bool(unnamed)), *tree.enumerators(node)]
        if any("::" in each for each in names):  # a class of a class
            self.put(self.at(node, text))
            return self.entry("text", (), node, scope, text)
        keys = tuple(("::".join(scope), each, "") for each in names)
        entry = self.entry("type", keys, node, scope, text + members_of(node, "", "", unnamed))
        is_specifier = node.type in tree.SPECIFIERS
        entry.defined = not is_specifier or node.child_by_field_name("body") is not None
        self.add(entry)
        return entry

    def _declaration(self, node: Node, scope: tuple[str, ...]) -> None:
        declarators = node.children_by_field_name("declarator")
        if self._is_product(node, declarators):
            self.statement(node)
            return
        type_ = node.child_by_field_name("type")
        functions = [part for each in declarators if (part := tree.function_part(each)) is not None]
        if functions and len(functions) == len(declarators) and not self._is_vexing(functions):
            for part in functions:
                self._functions.promise(node, part, scope)
        elif not declarators and type_ is not None:
            self.raw(node, scope, text_of(node))
        else:
            Variables(self, node, scope, declarators).declare()

    # -- what the parts share, and variables.py --------------------------------------------------

    def next_ordinal(self) -> int:
        """The number of one more declaration that stands in its turn."""
        self._ordinal += 1
        return self._ordinal

    def entry(
        self, kind: Kind, names: tuple[Key, ...], node: Node, scope: tuple[str, ...], text: str
    ) -> Entry:
        """A declaration, in a namespace of its own, or of those that have promised it."""
        self._count += 1
        space = f"kr{self.number}_{self._count}" if names and kind != "macro" else ""
        for key in names:
            promised = self.promised(key)
            known = self._spaces.get(key) or (promised.space if promised is not None else "")
            space = known or space
        if any(opened.endswith(" std") for opened in scope):
            space = ""
        for key in names:
            self._spaces[key] = space
        lines = (node.start_point[0], node.end_point[0])
        seen = self.at(node, text, system=True)
        words = words_of(text) | words_of(text_of(node))
        return Entry(kind, names, scope, space, seen, text, words, self._name, lines)

    def promised(self, key: Key) -> Entry | None:
        """What has been declared by this name, and not defined."""
        new = [entry for entry in self.result.entries if key in entry.names]
        known = new[-1] if new else self.prelude.find(key)
        return known if known is not None and not known.defined else None

    def add(self, entry: Entry, text: str = "") -> None:
        """A declaration, unless it is live as it is. text: as this cell has it, if not as later."""
        if entry.kind != "variable" and self.prelude.has(entry) and not self._uses_new(entry):
            self.flush()
            return
        if entry.kind == "macro":
            self.put(f"\n{entry.text.strip()}\n")
        else:
            self.put(entry.wrapped(text or entry.text.replace(" 3\n", "\n", 1)))
        self.result.entries.append(entry)
        self.result.declared = len(self.result.parts)

    def declare(self, entry: Entry) -> None:
        """A declaration whose part of the source is there already."""
        self.result.entries.append(entry)
        self.result.declared = len(self.result.parts)

    def constants(self) -> frozenset[str]:
        """The names that are constants wherever they are seen."""
        known = [*self.prelude, *self.result.entries]
        return frozenset(
            key[1] for e in known if e.kind == "variable" and e.whole for key in e.names
        )

    def varies(self, size: str) -> bool:
        """Whether an array's size is known only when the cell runs."""
        constants = self.constants()
        return any(
            word not in constants and self.known(word, lambda entry: entry.kind == "variable")
            for word in words_of(size)
        )

    def _uses_new(self, entry: Entry) -> bool:
        """Whether it is made with something that this cell declares."""
        new = {key[1] for other in self.result.entries for key in other.names}
        return bool(new & entry.words)

    def at(self, node: Node, text: str, *, system: bool = False) -> str:
        """Text where a node is, so that messages say so; system: without warnings."""
        mark = " 3" if system else ""
        row, column = node.start_point
        return f'\n# {row} "{self._name}"{mark}\n{" " * column}{text}'

    @staticmethod
    def wrapped(scope: tuple[str, ...], text: str) -> str:
        return f"\n{' '.join(f'{each} {{' for each in scope)}{text}\n{'}' * len(scope)}"

    def _without_bodies(self, node: Node) -> str:
        """A text whose functions are only declared."""
        raw, start = node.text or b"", node.start_byte
        cuts: list[tuple[int, int]] = []

        def visit(each: Node) -> None:
            body = each.child_by_field_name("body")
            if each.type == "function_definition" and body is not None:
                cuts.append((body.start_byte - start, body.end_byte - start))
                return
            for child in each.named_children:
                visit(child)

        visit(node)
        for begin, end in reversed(cuts):
            raw = raw[:begin] + b";" + raw[end:]
        return raw.decode("utf-8", "surrogateescape")

    def known(self, word: str, wanted: Callable[[Entry], bool]) -> bool:
        new = [e for e in self.result.entries if any(key[1] == word for key in e.names)]
        return any(wanted(entry) for entry in [*new, *self.prelude.named(word)])

    def _is_product(self, node: Node, declarators: list[Node]) -> bool:
        """Whether `a * b;` or `a & b;`, declarations by their looks, compute with variables."""
        type_ = node.child_by_field_name("type")
        return (
            type_ is not None
            and type_.type == "type_identifier"
            and len(declarators) == 1
            and declarators[0].type in ("pointer_declarator", "reference_declarator")
            and self.known(text_of(type_), lambda entry: entry.kind == "variable")
        )

    def _is_vexing(self, functions: list[Node]) -> bool:
        """Whether `T x(y);` is a variable that is made of y, and not a function's promise."""
        return any(
            each.child_by_field_name("declarator") is None
            and self.known(text_of(each).strip(), lambda e: e.kind in ("variable", "function"))
            for part in functions
            for each in tree.parameters_of(part)
        )
