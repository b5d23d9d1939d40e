"""Splitting a C cell: what stands at file scope, what is run, and what it declares."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kernel_runner.languages.c.prelude import Entry, Key, Prelude
from kernel_runner.languages.c.tree import (
    SPECIFIERS,
    declared_name,
    declares,
    defined_types,
    is_constant,
    outermost_array,
    parser,
)
from kernel_runner.native.macros import expand

if TYPE_CHECKING:
    from tree_sitter import Node

OMP = re.compile(r"#\s*pragma\s+omp\s+(?!declare|threadprivate|requires)")
MACRO_END = rb"\(.*(?:\\\n.*)*"  # the rest of its lines
TYPEOF = re.compile(rb"\b(?:__)?typeof(?:__)?\s*\(")
BLANKED = re.compile(rb"[^\n]")
STORAGE = ("static", "auto", "register", "inline", "extern")
PLACES = ("identifier", "subscript_expression", "field_expression", "pointer_expression")
# What tree-sitter-c does not know, and how what is as long, and looks the same to it, begins and
# ends.
UNKNOWN_WORDS = (
    (re.compile(rb"\b_Thread_local\b"), b"__thread", b""),
    (re.compile(rb"\b(?:long )?(?:double|float) +(?:complex|_Complex)\b"), b"long", b"double"),
)


@dataclass
class Split:
    """The parts of a cell; unclear: the grammar could not make sense of it."""

    top: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    unclear: bool = False
    value: str = ""  # the last expression, in its place
    value_type: str = ""
    line: str = ""  # where it is, for the macro around it

    def result(self, shows: str) -> str:
        """The statement that shows the last expression."""
        if not self.value:
            return ""
        if shows == "place" and self.value_type not in PLACES:
            shows = "value"
        return f"{self.line}kernel_runner_show_{shows}(({self.value}), kernel_runner_value);"


def split(text: str, number: int, name: str, prelude: Prelude) -> Split:
    """The parts of a cell, each at its own line and column of the file ``name``."""
    return _Splitter(text, number, name, prelude).split()


class _Splitter:
    def __init__(self, text: str, number: int, name: str, prelude: Prelude) -> None:
        raw = text.encode("utf-8", "surrogateescape")
        # Statements stand only in a block; where the last one lacks its semicolon, it has a value.
        self._raw = b"{\n" + raw + b"\n;}"
        self._end = len(raw) + 2
        self._number = number
        self._name = name
        self._prelude = prelude
        self._parts = Split()
        self._initialisers = 0
        self._functions: set[str] = set()

    def split(self) -> Split:
        root = parser().parse(readable(self._raw)).root_node
        text = self._raw[2:-3].decode("utf-8", "surrogateescape")
        expanded = expand(text, root, 2, self._macro, parser())
        if expanded != text:
            return _Splitter(expanded, self._number, self._name, self._prelude).split()
        block = root.children[0] if root.children else None
        whole = block is not None and block.type == "compound_statement"
        if block is None or not whole or root.child_count > 1 or root.has_error:
            self._parts.unclear = True
            return self._parts
        nodes = [node for node in block.children[1:-1] if node.type != "comment"]
        self._functions = {
            self._name_of(node) for node in nodes if node.type == "function_definition"
        }
        for index, node in enumerate(nodes):
            after = nodes[index + 1] if index + 1 < len(nodes) else None
            self._place(node, after)
        return self._parts

    def _macro(self, name: str) -> str:
        """How a macro is defined: by this cell, or by one before."""
        own = re.search(rb"^[ \t]*#[ \t]*define[ \t]+" + name.encode() + MACRO_END, self._raw, re.M)
        if own:
            return own[0].decode("utf-8", "surrogateescape")
        known = self._prelude.find(name, "macro")
        return known.body if known is not None else ""

    # -- what each kind of node becomes ------------------------------------------------------

    def _place(self, node: Node, after: Node | None) -> None:
        match node.type:
            case ";":
                pass
            case "expression_statement" if self._text(node).strip() == ";":
                pass
            case "preproc_include":
                self._file_scope("include", (("include", self._text(node).strip()),), node)
            case "preproc_def" | "preproc_function_def":
                self._file_scope("macro", (("macro", self._name_of(node)),), node)
            case "preproc_call":
                self._directive(node)
            case "preproc_if" | "preproc_ifdef":
                self._conditional(node)
            case "function_definition":
                self._function(node)
            case "type_definition":
                self._typedef(node)
            case "declaration" if not self._is_product(node):
                self._declaration(node)
            case kind if kind in SPECIFIERS:
                self._type(node)
            case _ if node.end_byte > self._end and node.start_byte < self._end:
                self._last(node)
            case _:
                self._parts.body.append(self._at(node, self._text(node)))

    def _last(self, node: Node) -> None:
        """The expression that a cell ends with has no semicolon but ours."""
        if node.type not in ("expression_statement", "declaration"):
            self._parts.body.append(self._at(node, self._text(node)))
            return
        text = self._raw[node.start_byte : self._end].decode("utf-8", "surrogateescape")
        inner = node.named_children[0]
        known = inner.type != "identifier" or self._known_variable(self._text(inner))
        self._parts.value_type = inner.type if known and node.type != "declaration" else "value"
        self._parts.value = self._at(node, text.rstrip()) + "\n"
        self._parts.line = self._line(node)

    def _directive(self, node: Node) -> None:
        text = self._text(node).rstrip()
        if OMP.match(text):
            self._parts.body.append(self._at(node, text) + "\n")
        elif re.match(r"#\s*undef\b", text):
            name = text.split()[-1]
            self._file_scope("macro", (("macro", name),), node)
        else:
            self._file_scope("text", (), node, lives="pragma" in text)

    def _conditional(self, node: Node) -> None:
        if any(child.type.endswith("_statement") for child in node.named_children):
            self._parts.body.append(self._at(node, self._text(node)) + "\n")
        else:
            self._file_scope("text", (), node)

    def _typedef(self, node: Node) -> None:
        names = [declared_name(child) for child in node.children_by_field_name("declarator")]
        keys: list[Key] = [("name", self._text(name)) for name in names if name is not None]
        self._file_scope("type", (*keys, *self._types_in(node)), node)

    def _type(self, node: Node) -> None:
        keys = tuple(self._types_in(node))
        self._file_scope("type" if keys else "text", keys, node, end=";")

    def _function(self, node: Node) -> None:
        body = node.child_by_field_name("body")
        assert body is not None
        name = self._name_of(node)
        type_ = node.child_by_field_name("type")
        if type_ is not None:
            self._type_word(type_)  # one that it defines is declared by itself first
        head = self._raw[node.start_byte : body.start_byte]
        for child in node.children:
            part = child
            if type_ is not None and child.id == type_.id and child.type in SPECIFIERS:
                part = child.child_by_field_name("body") or child
            if child.type == "storage_class_specifier" or part.id != child.id:
                start, end = (at - node.start_byte for at in (part.start_byte, part.end_byte))
                head = head[:start] + BLANKED.sub(b" ", head[start:end]) + head[end:]
        signature = head.decode("utf-8", "surrogateescape")
        prototype = f"{self._prototype_of(node, signature)} {self._label(name)};"
        source = self._at(node, signature + self._text(body))
        self._parts.top.append(self._line(node) + prototype + source)
        self._parts.entries.append(
            Entry(
                "function",
                (("name", name),),
                self._text(node),
                self._line(node) + prototype,
                self._number,
                source=source,
            )
        )

    def _prototype_of(self, node: Node, signature: str) -> str:
        """A function's declaration; one in the style of before C89 says nothing of parameters."""
        if all(child.type != "declaration" for child in node.children):
            return " ".join(signature.split())
        return " ".join(signature.partition("(")[0].split()) + "()"

    # -- declarations of variables -------------------------------------------------------------

    def _declaration(self, node: Node) -> None:
        type_ = node.child_by_field_name("type")
        declarators = node.children_by_field_name("declarator")
        if type_ is None or not declarators:
            self._parts.body.append(self._at(node, self._text(node)))
            return
        specifiers, is_extern = self._specifiers(node, type_, declarators[0].start_byte)
        for declarator in declarators:
            name = declared_name(declarator)
            if name is None:
                self._parts.unclear = True
            elif declares(self._without_value(declarator)) == "function":
                self._prototype(specifiers, declarator, self._text(name))
            elif is_extern and declarator.type != "init_declarator":
                self._extern(specifiers, declarator, self._text(name))
            else:
                self._variable(specifiers, declarator, self._text(name))

    def _specifiers(self, node: Node, type_: Node, end: int) -> tuple[str, bool]:
        """What a declaration says before its first name, and whether that is an extern's."""
        text, at, is_extern = b"", node.start_byte, False
        for child in node.children:
            if child.start_byte >= end:
                break
            word = self._text(child)
            if child.id == type_.id:
                word = self._type_word(child)
            elif child.type == "comment" or word in STORAGE:
                is_extern = is_extern or word == "extern"
                word = ""
            text += self._raw[at : child.start_byte] + word.encode("utf-8", "surrogateescape")
            at = child.end_byte
        text += self._raw[at:end]
        return " ".join(text.decode("utf-8", "surrogateescape").split()), is_extern

    def _type_word(self, type_: Node) -> str:
        """How a declaration names its type; one that it defines is declared by itself first."""
        if type_.type not in SPECIFIERS or type_.child_by_field_name("body") is None:
            return self._text(type_)
        keyword = self._text(type_.children[0])
        name = type_.child_by_field_name("name")
        text = self._text(type_)
        if name is None:
            tag = f"{keyword}_{self._number}_{type_.start_byte}"
            text = f"{keyword} {tag}{text[len(keyword) :]}"
        else:
            tag = self._text(name)
        keys: tuple[Key, ...] = (("tag", tag), *self._types_in(type_))
        self._add("type", tuple(dict.fromkeys(keys)), type_, f"{text};")
        return f"{keyword} {tag}"

    def _prototype(self, specifiers: str, declarator: Node, name: str) -> None:
        known = self._prelude.find(name)
        if name in self._functions:  # defined further on: they must agree on the label
            self._parts.top.append(
                self._at(declarator, f"{specifiers} {self._text(declarator)} {self._label(name)};")
            )
        elif known is None or known.kind != "function":
            text = f"{specifiers} {self._text(declarator)};"
            self._add("prototype", (("name", name),), declarator, text)

    def _extern(self, specifiers: str, declarator: Node, name: str) -> None:
        if not self._known_variable(name):
            text = f"extern {specifiers} {self._text(declarator)};"
            self._add("prototype", (("name", name),), declarator, text)

    def _variable(self, specifiers: str, declarator: Node, name: str) -> None:
        value = declarator.child_by_field_name("value")
        plain = self._without_value(declarator)
        written = self._text(plain)
        label = self._label(name)
        array = outermost_array(plain)
        size = array.child_by_field_name("size") if array is not None else None
        if array is not None and size is None and value is not None:
            sized = self._sized(written, array, value)
        else:
            sized = written
        if size is not None and self._varies(size) and value is None:
            self._varying_array(specifiers, written, array, size, name)
            return
        seen = f"{specifiers} {sized}"
        if "[]" in sized and value is not None:  # places in the initialiser are given by index
            made = f"({specifiers} {without_name(written, name)}){self._text(value)}"
            seen = f"__typeof__({made}) {name}"
        entry = Entry(
            "variable",
            (("name", name),),
            f"{specifiers} {written}",
            f"{self._line(declarator)}extern {seen} {label};",
            self._number,
            type=self._readable_type(specifiers, sized, name),
        )
        if value is None:
            self._parts.top.append(self._at(declarator, f"{specifiers} {written} {label};"))
        elif is_constant(value, self._constants()):
            text = f"{specifiers} {written} {label} ={self._at(value, self._text(value))};"
            self._parts.top.append(self._at(declarator, text))
        else:
            entry.kept = self._initialise(specifiers, plain, sized, name, value)
        self._parts.entries.append(entry)

    def _initialise(self, specifiers: str, plain: Node, sized: str, name: str, value: Node) -> int:
        """A variable whose initialiser is run in its turn; its number among those of the cell."""
        label = self._label(name)
        storage = name
        if self._is_const(specifiers, plain):
            # What is const for the cell must be written once: both names are the same object.
            storage = f"kernel_runner_{name}"
            free, declarator = self._without_const(specifiers, sized, plain)
            declarator = re.sub(rf"\b{name}\b", storage, declarator, count=1)
            self._parts.top.append(f"\n{free} {declarator} {label};")
            self._parts.top.append(self._at(plain, f"extern {specifiers} {sized} {label};"))
        else:
            self._parts.top.append(self._at(plain, f"{specifiers} {sized} {label};"))
        self._initialisers += 1
        initial = self._at(value, self._text(value))
        self._parts.body.append(
            f"\n{{ __typeof__({storage}) kernel_runner_initial ={initial};"
            f"\n__builtin_memcpy((void *)&{storage}, (void *)&kernel_runner_initial,"
            f" sizeof {storage}); kernel_runner_kept({self._initialisers}); }}"
        )
        return self._initialisers

    def _varying_array(
        self, specifiers: str, written: str, array: Node | None, size: Node, name: str
    ) -> None:
        """An array whose size is known when it is made: a pointer to as many elements."""
        assert array is not None
        text = written.replace(self._text(array), f"*{name}", 1)
        label = self._label(name)
        self._parts.top.append(self._at(array, f"{specifiers} {text} {label};"))
        self._initialisers += 1
        self._parts.body.append(
            f"\n{name} = __builtin_calloc({self._at(size, self._text(size))}\n, sizeof *{name});"
            f" kernel_runner_kept({self._initialisers});"
        )
        self._parts.entries.append(
            Entry(
                "variable",
                (("name", name),),
                f"{specifiers} {written}",
                f"{self._line(array)}extern {specifiers} {text} {label};",
                self._number,
                type=self._readable_type(specifiers, text, name),
                kept=self._initialisers,
            )
        )

    # -- helpers ---------------------------------------------------------------------------------

    def _add(self, kind: str, keys: tuple[Key, ...], node: Node, text: str) -> None:
        """A declaration that stands at file scope here, and in later cells as it is."""
        entry = Entry(kind, keys, text, self._at(node, text), self._number)  # type: ignore[arg-type]
        if not self._prelude.has(entry):
            self._parts.top.append(entry.text)
            self._parts.entries.append(entry)

    def _file_scope(
        self, kind: str, keys: tuple[Key, ...], node: Node, *, end: str = "", lives: bool = True
    ) -> None:
        text = self._text(node).rstrip() + end
        if lives:
            self._add(kind, keys, node, text)
        else:
            self._parts.top.append(self._at(node, text))

    def _text(self, node: Node) -> str:
        return self._raw[node.start_byte : node.end_byte].decode("utf-8", "surrogateescape")

    def _at(self, node: Node, text: str) -> str:
        """Text where a node is, so that messages say so."""
        return f"{self._line(node)}{' ' * node.start_point[1]}{text}"

    def _line(self, node: Node) -> str:
        return f'\n#line {node.start_point[0]} "{self._name}"\n'

    def _label(self, name: str) -> str:
        """The name for the linker, different in each cell."""
        return f'__asm__("{name}.{self._number}")'

    def _name_of(self, node: Node) -> str:
        name = node.child_by_field_name("name")
        if name is None:
            declarator = node.child_by_field_name("declarator")
            name = declared_name(declarator) if declarator is not None else None
        return self._text(name) if name is not None else ""

    @staticmethod
    def _types_in(node: Node) -> list[Key]:
        return [("tag" if space == "tag" else "name", name) for space, name in defined_types(node)]

    @staticmethod
    def _without_value(declarator: Node) -> Node:
        inner = declarator.child_by_field_name("declarator")
        return inner if declarator.type == "init_declarator" and inner is not None else declarator

    def _known_variable(self, name: str) -> bool:
        known = self._prelude.find(name)
        new = [entry for entry in self._parts.entries if entry.keys == (("name", name),)]
        return any(entry.kind == "variable" for entry in [*new, *([known] if known else [])])

    def _is_product(self, node: Node) -> bool:
        """Whether `a * b;`, a declaration by its looks, multiplies variables."""
        type_ = node.child_by_field_name("type")
        declarators = node.children_by_field_name("declarator")
        return (
            type_ is not None
            and type_.type == "type_identifier"
            and len(declarators) == 1
            and declarators[0].type in ("pointer_declarator", "function_declarator")
            and self._known_variable(self._text(type_))
        )

    def _constants(self) -> frozenset[str]:
        """Names that may stand in a constant initialiser: functions."""
        known = {entry.name for entry in self._prelude if entry.kind == "function"}
        return frozenset(known | self._functions)

    def _varies(self, size: Node) -> bool:
        words = re.findall(r"[A-Za-z_]\w*", self._text(size))
        return "(" in self._text(size) or any(self._known_variable(word) for word in words)

    def _sized(self, written: str, array: Node, value: Node) -> str:
        """A declarator of an array with the number of elements that its initialiser has."""
        elements = [child for child in value.named_children if child.type != "comment"]
        listed = value.type == "initializer_list"
        if listed and not any(child.type == "initializer_pair" for child in elements):
            count = str(len(elements))
        elif listed:
            return written
        else:
            count = f"sizeof({self._text(value)})"
        return re.sub(r"\[\s*\]", lambda _: f"[{count}]", written, count=1)

    @staticmethod
    def _is_const(specifiers: str, plain: Node) -> bool:
        if plain.type == "pointer_declarator":
            return any(child.type == "type_qualifier" for child in plain.named_children)
        return "const" in specifiers.split()

    @staticmethod
    def _without_const(specifiers: str, sized: str, plain: Node) -> tuple[str, str]:
        if plain.type == "pointer_declarator":
            return specifiers, re.sub(r"^\*\s*const\b", "*", sized)
        return " ".join(word for word in specifiers.split() if word != "const"), sized

    @staticmethod
    def _readable_type(specifiers: str, written: str, name: str) -> str:
        text = f"{specifiers} {without_name(written, name)}"
        return " ".join(text.split()).replace("* ", "*").rstrip()


def readable(source: bytes) -> bytes:
    """A source with everything in its place, and nothing that the grammar does not know."""
    for words, begin, end in UNKNOWN_WORDS:
        source = words.sub(
            lambda match, b=begin, e=end: b + b" " * (len(match[0]) - len(b + e)) + e,  # type: ignore[misc]
            source,
        )
    for match in reversed(list(TYPEOF.finditer(source))):
        after = end_of_parentheses(source, match.end())
        source = source[: match.start()] + b"T" * (after - match.start()) + source[after:]
    return source


def end_of_parentheses(source: bytes, at: int) -> int:
    """Where the parentheses end that were opened before ``at``."""
    depth = 1
    while depth and at < len(source):
        depth += {b"(": 1, b")": -1}.get(source[at : at + 1], 0)
        at += 1
    return at


def without_name(declarator: str, name: str) -> str:
    """A declarator as it stands where only a type is wanted."""
    return re.sub(rf"\b{re.escape(name)}\b", "", declarator, count=1)
