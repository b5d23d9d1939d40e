"""Rust cells as a source file of a project's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kernel_runner.export import ExportError, Ran, indented
from kernel_runner.languages.rust.splitting import (
    ITEMS,
    awaits,
    declares_statics,
    names_of,
    parser,
    provisions,
)
from kernel_runner.native.composing import REDEFINED, UNCLEAR
from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

BEFORE, AFTER = b"fn main() {\n", b"\n}"
ONLY_HERE = re.compile(r"\b(?:kernel_runner|evcxr_\w+)\b")
FAILS = "fn main() -> Result<(), Box<dyn std::error::Error>> {"


class Source:
    """A file in the making, cell by cell."""

    def __init__(self, dependencies: Mapping[str, str]) -> None:
        self.notes: list[str] = []
        self._dependencies = dependencies
        self._attributes: dict[str, None] = {}
        self._uses: dict[str, None] = {}
        self._items: dict[str, str] = {}
        self._main: list[str] = []
        self._redefined: dict[str, None] = {}
        self._awaits = self._fails = False

    def add(self, cell: Ran) -> None:
        """A cell's parts, each where it belongs."""
        raw = BEFORE + cell.text.encode("utf-8", "surrogateescape") + AFTER
        root = parser().parse(raw).root_node
        body = root.children[0].child_by_field_name("body") if root.child_count == 1 else None
        if body is None or root.has_error:
            self.notes.append(UNCLEAR.format(number=cell.number))
            self._main += [cell.text.strip(), ""]
            return
        nodes = body.children[1:-1]
        said = [node for node in nodes if "comment" not in node.type]
        above: list[Node] = []
        for node in nodes:
            if node.type == "attribute_item" or "comment" in node.type:
                above.append(node)
                continue
            first = above[0] if above else node
            text = raw[first.start_byte : node.end_byte].decode("utf-8", "surrogateescape")
            self._take(node, text, node is said[-1], cell)
            above = []
        self._main += [text_of(node) for node in above]
        if self._main and self._main[-1]:
            self._main.append("")

    def text(self) -> str:
        """The whole file. Raises ExportError."""
        main = "\n".join(self._main).strip("\n")
        head, end = "fn main() {", ""
        if self._fails:
            head, end = FAILS, "\n    Ok(())"
        if self._awaits:
            if "tokio" not in self._dependencies:
                raise ExportError(
                    "A cell awaits, and a program needs a runtime for that: add it with "
                    '`:dep tokio = { version = "1", features = ["full"] }`, and export again.'
                )
            head = f"#[tokio::main]\nasync {head}"
        if self._redefined:
            self.notes.append(REDEFINED.format(names=", ".join(self._redefined)))
        parts = [
            "\n".join(self._attributes),
            "\n".join(self._uses),
            *self._items.values(),
            f"{head}\n{main}{end}\n}}" if main or end else f"{head}}}",
        ]
        text = "\n\n".join(part for part in parts if part) + "\n"
        if ONLY_HERE.search(text):
            raise ExportError("A cell uses what is there only in a kernel, to show something.")
        return text

    def _take(self, node: Node, text: str, is_last: bool, cell: Ran) -> None:
        kind = "static" if declares_statics(node) else ITEMS.get(node.type)
        if node.type == "inner_attribute_item":
            self._attributes[text] = None
        elif node.type in ("use_declaration", "extern_crate_declaration"):
            self._uses[text] = None
        elif kind is not None:
            self._item(kind, node, text)
        elif node.type != "empty_statement":
            self._awaits |= any(awaits(node))
            self._fails |= fails(node)
            ends = text.endswith((";", "}"))
            if is_last and node.type != "let_declaration" and cell.result and text[-1] != ";":
                self._main.append(indented(printed(node, text)))
            else:
                value = is_last and node.type != "let_declaration" and text[-1] != ";"
                self._main.append(indented(f"{text};" if not ends or value else text))

    def _item(self, kind: str, node: Node, text: str) -> None:
        names = names_of(kind, node)
        key = f"{kind} {' '.join(names) or ' '.join(sorted(provisions(node))) or text}"
        if self._items.get(key, text) != text:
            self._redefined |= dict.fromkeys(names)
        self._items[key] = text


def printed(node: Node, text: str) -> str:
    """The statement that prints a value as it was shown."""
    start = (node.text or b"").decode("utf-8", "surrogateescape")
    before = text[: len(text) - len(start)]
    return f'{before}println!("{{:?}}", {start});'


def fails(node: Node) -> bool:
    """Whether `?` of this code leaves main."""
    if node.type in ("closure_expression", "function_item", "async_block"):
        return False
    return node.type == "try_expression" or any(fails(child) for child in node.named_children)


def manifest(name: str, dependencies: Mapping[str, str]) -> str:
    """The project's Cargo.toml."""
    lines = ["[package]", f'name = "{name}"', 'version = "0.1.0"', 'edition = "2021"']
    lines += ["", "[dependencies]"]
    lines += [f"{crate} = {value}" for crate, value in sorted(dependencies.items())]
    return "\n".join(lines) + "\n"
