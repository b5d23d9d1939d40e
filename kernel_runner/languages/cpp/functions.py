"""Functions and templates: what later cells see of them, and what they belong to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kernel_runner.languages.cpp import tree
from kernel_runner.languages.cpp.prelude import Entry, Kind
from kernel_runner.languages.cpp.tree import words_of
from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from kernel_runner.languages.cpp.splitting import Splitter

INTERNAL = re.compile(r"\bstatic\b")


class Functions:
    """Tells a splitter of the functions and templates of its cell."""

    def __init__(self, splitter: Splitter) -> None:
        self._splitter = splitter

    def define(
        self, node: Node, function: Node, scope: tuple[str, ...], parameters: str = ""
    ) -> None:
        """A function's definition; node: the same with its template's parameters."""
        declarator = function.child_by_field_name("declarator")
        part = tree.function_part(declarator) if declarator is not None else None
        name = tree.declared(part) if part is not None else None
        body = function.child_by_field_name("body")
        if part is None or name is None:
            self._splitter.raw(node, scope, text_of(node))
            return
        head = text_of(node)
        if body is not None:
            cut = body.start_byte - node.start_byte
            head = (node.text or b"")[:cut].decode("utf-8", "surrogateescape")
        if name.type in ("qualified_identifier", "template_function"):
            self._elsewhere(node, scope, name, head)
            return
        whole = node.type == "template_declaration" or self._is_whole(function, part)
        text = self._external(text_of(node))
        automatic = tree.has_placeholder(function.child_by_field_name("type"))
        if automatic and whole and node.type == "function_definition":
            text = f"inline {text}" if "inline" not in tree.specifiers(function) else text
        taken = f"{parameters}({tree.signature(part)})"
        key = ("::".join(scope), " ".join(text_of(name).split()), taken)
        signature = self._external(head).rstrip() + ";"
        entry = self._splitter.entry("function", (key,), node, scope, text if whole else signature)
        entry.whole = whole
        entry.signature = signature
        entry.definition = self._splitter.at(node, text)
        entry.body = text
        entry.words = words_of(text)
        promised = self._splitter.promised(key)
        if promised is not None and not whole:
            entry.text = promised.text  # it has the default arguments
        self._splitter.add(entry, entry.definition)

    def _elsewhere(self, node: Node, scope: tuple[str, ...], name: Node, head: str) -> None:
        """The definition of a class's member, or a specialisation of a function template."""
        if node.type != "template_declaration":
            self._splitter.put(
                self._splitter.wrapped(scope, self._splitter.at(node, text_of(node)))
            )
            return
        is_full = text_of(node).split("<", 1)[1].lstrip().startswith(">")
        text = (
            f"{head.rstrip()};" if is_full and name.type == "template_function" else text_of(node)
        )
        owner = self._owner(name)
        entry = self._splitter.entry("function", (), node, scope, text)
        entry.space = ""
        entry.owner = owner
        self._splitter.add(entry, self._splitter.at(node, text_of(node)))

    def template(self, node: Node, scope: tuple[str, ...]) -> None:
        """A template: of a function, a class, a variable, an alias, or a concept."""
        inner = next(
            (child for child in reversed(node.named_children) if child.type != "comment"), node
        )
        parameters = node.child_by_field_name("parameters")
        listed = " ".join(text_of(parameters).split()) if parameters is not None else ""
        if inner.type == "template_declaration":
            inner = inner.named_children[-1]
        if inner.type == "function_definition":
            self.define(node, inner, scope, listed)
            return
        declarator = inner.child_by_field_name("declarator")
        name = inner.child_by_field_name("name")
        part = tree.function_part(declarator) if declarator is not None else None
        if name is None and declarator is not None:
            name = tree.declared(declarator)
        text = text_of(node) if text_of(node).endswith((";", "}")) else f"{text_of(node)};"
        if inner.type in tree.SPECIFIERS:
            text = text if text.endswith(";") else f"{text};"
        if name is None:
            self._splitter.raw(node, scope, text)
        elif name.type in ("template_type", "template_function", "qualified_identifier"):
            self._specialisation(node, scope, name, text)
        elif part is not None and inner.child_by_field_name("type") is None:
            self._guide(node, scope, name, text)
        else:
            signature = f"{listed}({tree.signature(part)})" if part is not None else ""
            key = ("::".join(scope), text_of(name), signature)
            kind: Kind = "function" if part is not None else "type"
            entry = self._splitter.entry(
                kind, (key,), node, scope, text + template_members(node, inner)
            )
            is_promise = inner.type in tree.SPECIFIERS and inner.child_by_field_name("body") is None
            entry.defined = part is None and not is_promise
            self._splitter.add(entry)

    def _specialisation(self, node: Node, scope: tuple[str, ...], name: Node, text: str) -> None:
        key = ("::".join(scope), " ".join(text_of(name).split()), "specialisation")
        entry = self._splitter.entry("text", (key,), node, scope, text)
        entry.space = ""  # it belongs to whatever namespace the template is in
        entry.owner = self._owner(name)
        self._splitter.add(entry)

    def _guide(self, node: Node, scope: tuple[str, ...], name: Node, text: str) -> None:
        """A deduction guide, which must stand in the same namespace as its class."""
        entry = self._splitter.entry("text", (), node, scope, text)
        entry.owner = self._owner(name)
        if entry.owner is not None:
            entry.space = entry.owner.space
        self._splitter.add(entry)

    def _owner(self, name: Node) -> Entry | None:
        """The template that a name with arguments, or a qualified one, belongs to."""
        first = re.match(r"\w+", text_of(name))
        word = first[0] if first else ""
        new = [e for e in self._splitter.result.entries if any(key[1] == word for key in e.names)]
        return next(iter([*reversed(new), *self._splitter.prelude.named(word)]), None)

    def promise(self, node: Node, part: Node, scope: tuple[str, ...]) -> None:
        """A function that is declared, and defined later, or in a library."""
        name = tree.declared(part)
        if name is None or name.type == "qualified_identifier":
            self._splitter.put(self._splitter.at(node, text_of(node)))
            return
        key = ("::".join(scope), " ".join(text_of(name).split()), f"({tree.signature(part)})")
        known = self._splitter.prelude.find(key)
        if known is None or not known.defined:
            text = self._external(text_of(node)).rstrip().rstrip(";") + ";"
            entry = self._splitter.entry("function", (key,), node, scope, text)
            entry.defined = False
            self._splitter.add(entry)

    @staticmethod
    def _external(text: str) -> str:
        """A definition that other cells can reach: not static."""
        head, brace, rest = text.partition("{")
        return INTERNAL.sub("      ", head, count=1) + brace + rest

    @staticmethod
    def _is_whole(function: Node, part: Node) -> bool:
        """Whether callers need a function's body."""
        words = tree.specifiers(function)
        automatic = tree.has_placeholder(function.child_by_field_name("type"))
        trailing = any(child.type == "trailing_return_type" for child in part.children)
        generic = any(
            tree.has_placeholder(each.child_by_field_name("type"))
            for each in tree.parameters_of(part)
        )
        body = function.child_by_field_name("body")
        return (
            bool(words & {"inline", "constexpr", "consteval"})
            or (automatic and not trailing)
            or generic
            or body is None
        )


def members_of(node: Node, template: str, arguments: str, unnamed: str = "") -> str:
    """A function that visits the public members of a class, to show its objects."""
    name = node.child_by_field_name("name")
    known = unnamed or (text_of(name) if name is not None else "")
    if node.type not in ("class_specifier", "struct_specifier") or not known:
        return ""
    visits = "".join(
        f' visit("{member}", object.{member});' for member in tree.public_members(node)
    )
    if not visits:
        return ""
    template = f"template <class Visit{', ' * bool(template)}{template}>"
    return (
        f"\n{template} void kernel_runner_members(const Visit &visit,"
        f" const {known}{arguments} &object) {{{visits} }}"
    )


def template_members(node: Node, inner: Node) -> str:
    """As _members, for templates whose parameters are only types."""
    parameters = node.child_by_field_name("parameters")
    names: list[str] = []
    for each in parameters.named_children if parameters is not None else ():
        found = re.fullmatch(r"(?:class|typename)\s+(\w+)(?:\s*=.*)?", text_of(each), re.DOTALL)
        if found is None:
            return ""
        names.append(found[1])
    listed = ", ".join(f"class {name}" for name in names)
    return members_of(inner, listed, f"<{', '.join(names)}>")
