"""Variables: defined in the cell that declares them, and seen by later ones under their types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kernel_runner.languages.cpp import tree
from kernel_runner.languages.cpp.prelude import Entry, Key
from kernel_runner.native.trees import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from kernel_runner.languages.cpp.splitting import Splitter

STORAGE = re.compile(r"\b(?:static|inline)\b")
# A constant is only its own file's, unless it is inline; and then only made where it is used.
INLINE = "\n__attribute__((used)) inline"
# Types whose names are of no use elsewhere: of lambdas, of unnamed classes, of local ones.
UNSPEAKABLE = re.compile(r"<lambda|\(lambda|'lambda|<unnamed|\{unnamed|\(anonymous|\)::|\$_")


class Variables:
    """A declaration of variables, taken apart."""

    def __init__(
        self, splitter: Splitter, node: Node, scope: tuple[str, ...], declarators: list[Node]
    ) -> None:
        self._splitter = splitter
        self._node = node
        self._scope = scope
        self._declarators = declarators
        self._words = tree.specifiers(node)

    def declare(self) -> None:
        """Tell the splitter of each variable."""
        node, splitter = self._node, self._splitter
        text = self._with_named_type()
        first = self._declarators[0]
        name = tree.declared(first)
        if name is not None and name.type == "qualified_identifier":
            splitter.put(splitter.wrapped(self._scope, splitter.at(node, text)))
        elif "extern" in self._words and first.type != "init_declarator":
            self._extern(text)
        elif name is not None and name.type == "structured_binding_declarator":
            self._binding(first, name)
        elif "constexpr" in self._words or self._is_constant():
            self._constant(text)
        else:
            self._plain(text)

    def _with_named_type(self) -> str:
        """The declaration, its type's own definition taken out and told by itself."""
        text = tree.without_default_captures(self._node)
        type_ = self._node.child_by_field_name("type")
        if type_ is None or type_.type not in tree.SPECIFIERS:
            return text
        if type_.child_by_field_name("body") is None:
            return text
        name = type_.child_by_field_name("name")
        # Only what has a name can be declared again in later cells.
        unnamed = f"unnamed{self._splitter.number}_{type_.start_byte}" if name is None else ""
        self._splitter.type(type_, self._scope, unnamed)
        raw = self._node.text or b""
        start = type_.start_byte - self._node.start_byte
        end = type_.end_byte - self._node.start_byte
        lines = b"\n" * raw[start:end].count(b"\n")
        known = unnamed or (text_of(name) if name is not None else "")
        return (raw[:start] + known.encode() + lines + raw[end:]).decode("utf-8", "surrogateescape")

    def _extern(self, text: str) -> None:
        names = [self._key(each) for each in self._declarators]
        entry = self._splitter.entry("text", tuple(names), self._node, self._scope, text)
        entry.space = ""
        self._splitter.add(entry)

    def _is_constant(self) -> bool:
        """Whether the initialisers give the same constants wherever they stand."""
        values = [each.child_by_field_name("value") for each in self._declarators]
        type_ = self._node.child_by_field_name("type")
        is_number = type_ is not None and type_.type in ("primitive_type", "sized_type_specifier")
        return (
            "const" in self._words
            and (is_number or tree.has_placeholder(type_))
            and all(
                value is not None
                and tree.declared(each) == each.child_by_field_name("declarator")
                and tree.is_constant(value, self._splitter.constants())
                for each, value in zip(self._declarators, values, strict=True)
            )
        )

    def _constant(self, text: str) -> None:
        names = tuple(self._key(each) for each in self._declarators)
        text = f"{INLINE} {self._bare(text)}"
        entry = self._splitter.entry("variable", names, self._node, self._scope, text)
        entry.type = "constant"
        entry.ordinal = self._splitter.next_ordinal()
        reports = "".join(self._report(name, entry.ordinal) for _, name, _ in names)
        self._splitter.add(entry, self._splitter.at(self._node, text) + reports)

    def _plain(self, text: str) -> None:
        splitter = self._splitter
        entries = []
        reports = ""
        needs_inline = False
        space = ""
        is_auto = tree.has_placeholder(self._node.child_by_field_name("type"))
        for declarator in self._declarators:
            key = self._key(declarator)
            entry = splitter.entry("variable", (key,), self._node, self._scope, text)
            space = entry.space = space or entry.space  # they stand in one declaration
            entry.ordinal = splitter.next_ordinal()
            entry.value = self._value(declarator)
            entry.signature = self._written(declarator)
            entry.whole = False
            entries.append(entry)
            reports += self._report(key[1], entry.ordinal)
            if is_auto and "thread_local" not in self._words:
                reports += self._pointer(key[1], space)
            needs_inline |= tree.is_const(self._node, declarator)
        bare = self._as_pointer(self._bare(text))
        inline = INLINE if needs_inline else ""
        source = f"{inline}{splitter.at(self._node, bare)}{reports}"
        splitter.put(entries[0].wrapped(source))
        for entry in entries:
            splitter.declare(entry)

    def _as_pointer(self, text: str) -> str:
        """An array whose size is known when it is made: a pointer to as many elements."""
        first = self._declarators[0]
        size = first.child_by_field_name("size") if first.type == "array_declarator" else None
        name = tree.declared(first)
        if size is None or name is None or not self._splitter.varies(text_of(size)):
            return text
        type_ = text.partition(text_of(name))[0].strip()
        return f"auto {text_of(name)} = new {type_}[{text_of(size)}]();"

    def _binding(self, declarator: Node, binding: Node) -> None:
        """`auto [a, b] = e;`: the whole is a variable, and its parts refer to it in each cell."""
        splitter = self._splitter
        scope = "::".join(self._scope)
        keys = tuple((scope, text_of(each), "") for each in binding.named_children)
        entry = splitter.entry("variable", keys, self._node, self._scope, text_of(self._node))
        whole = f"whole_{entry.space}"
        parts = f"{text_of(binding)} = {whole};"
        raw = self._node.text or b""
        cut = [at - self._node.start_byte for at in (binding.start_byte, binding.end_byte)]
        head = raw[: cut[0]].decode("utf-8", "surrogateescape")
        tail = raw[cut[1] :].decode("utf-8", "surrogateescape")
        inline = INLINE if "const" in self._words else ""
        entry.ordinal = splitter.next_ordinal()
        entry.whole = False
        entry.signature = f"static auto &{parts}"
        reports = "".join(self._report(name, entry.ordinal) for _, name, _ in keys)
        source = splitter.at(self._node, f"{self._bare(head)}{whole}{tail}")
        splitter.put(
            entry.wrapped(
                f"{inline}{source}\nstatic auto &{parts}{reports}"
                f"{self._report(whole, entry.ordinal)}"
            )
        )
        splitter.declare(entry)

    def _report(self, name: str, ordinal: int) -> str:
        """What tells the host that a variable stands, and its type."""
        return (
            f'\n# 1 "cell" 3\n[[maybe_unused]] static const bool kernel_runner_made_{name} ='
            f' kernel_runner::made<decltype({name})>("{name}", {ordinal});'
        )

    @staticmethod
    def _pointer(name: str, space: str) -> str:
        """What leads later cells to a variable that they could not name the type of."""
        pointer = pointer_to(name, space)
        return f'\nextern "C" void *{pointer} = (void *)__builtin_addressof({name});'

    def _key(self, declarator: Node) -> Key:
        name = tree.declared(declarator)
        return ("::".join(self._scope), text_of(name) if name is not None else "", "")

    @staticmethod
    def _bare(text: str) -> str:
        """Without what would keep it from other cells."""
        head, sign, rest = text.partition("=")
        return STORAGE.sub(lambda found: " " * len(found[0]), head) + sign + rest

    def _written(self, declarator: Node) -> str:
        """The declaration of this variable alone, without its value."""
        raw = self._node.text or b""
        first = self._declarators[0].start_byte - self._node.start_byte
        head = raw[:first].decode("utf-8", "surrogateescape")
        return f"{self._bare(head)} {text_of(tree.without_value(declarator))}"

    @staticmethod
    def _value(declarator: Node) -> str:
        value = declarator.child_by_field_name("value")
        if value is None:
            return ""
        text = tree.without_default_captures(value)
        return text[1:-1] if value.type in ("argument_list", "initializer_list") else text


def settle(entry: Entry, types: dict[str, str]) -> None:
    """The cell has run: give a variable the text by which later cells know it."""
    names = [name for _, name, _ in entry.names]
    whole = f"whole_{entry.space}"
    if entry.type == "constant":
        entry.type = types.get(names[0], "")
    elif whole in types:
        entry.type = types[whole]
        entry.text = f"{_extern(entry, whole, entry.type)}\n{entry.signature}"
        entry.type = "\n".join(types.get(name, "") for name in names)
    elif not entry.whole:
        entry.type = types.get(names[0], "")
        entry.text = _extern(entry, names[0], entry.type)


def _extern(entry: Entry, name: str, type_: str) -> str:
    if not UNSPEAKABLE.search(type_):
        thread = "thread_local " if "thread_local" in entry.signature else ""
        return f"\nextern {thread}kernel_runner::as<{type_}>::type {name};"
    if "auto" not in entry.signature.split() and entry.signature:
        return f"\nextern {entry.signature};"
    # Its type has no name, but its initialiser has the same layout each time it is seen.
    pointer, maker = pointer_to(name, entry.space), f"type_of_{name}"
    return (
        f'\nextern "C" void *{pointer};'
        f"\nstatic inline auto {maker}() {{ return {entry.value}; }}"
        f"\nstatic auto &{name} = *static_cast<decltype({maker}()) *>({pointer});"
    )


def pointer_to(name: str, space: str) -> str:
    """The name of the pointer to a variable."""
    return f"kernel_runner_at_{space}_{name}"
