"""Describing the types of a cell's values to the host, from the debugging information (DWARF).

The language of the descriptions is told in host_values.c.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kernel_runner.native.cache import Built

if TYPE_CHECKING:
    from elftools.dwarf.die import DIE

NEEDED = b"kernel_runner_show_described"
VARIABLES = (b"kernel_runner_value", b"kernel_runner_place")
# DWARF's encodings of base types (DWARF 5, 7.8, and GNU's decimals).
ENCODINGS = {2: "b", 3: "z", 4: "f", 5: "i", 6: "i", 7: "u", 8: "u", 0x10: "u", 0x0F: "d"}
SIGNED_CHAR, PLAIN_CHAR = 6, b"char"
QUALIFIERS = ("DW_TAG_const_type", "DW_TAG_volatile_type", "DW_TAG_restrict_type",
              "DW_TAG_atomic_type", "DW_TAG_typedef")  # fmt: skip
WORDS = {"DW_TAG_const_type": "const", "DW_TAG_volatile_type": "volatile",
         "DW_TAG_restrict_type": "restrict", "DW_TAG_atomic_type": "_Atomic"}  # fmt: skip
TAGS = {"DW_TAG_structure_type": "struct", "DW_TAG_union_type": "union",
        "DW_TAG_enumeration_type": "enum"}  # fmt: skip
DEEPEST = 20


def describe(built: Built) -> str:
    """The types of the values that a cell shows, in order; empty where it shows simple ones."""
    code = built.program.read_bytes()
    if NEEDED not in code:
        return ""
    from elftools.elf.elffile import ELFFile

    elf = ELFFile(io.BytesIO(code))
    if not elf.has_dwarf_info():
        return ""
    described = [text_field(description_of(type_)) for type_ in shown_types(elf)]
    return " ".join(described)


def shown_types(elf: object) -> Iterator[DIE]:
    """The types of the variables that the cell's function shows, if they need a description."""
    for unit in elf.get_dwarf_info().iter_CUs():  # type: ignore[attr-defined]
        for child in unit.get_top_DIE().iter_children():
            if child.tag == "DW_TAG_subprogram" and name_of(child) == "kernel_runner_cell":
                yield from variables_in(child)


def variables_in(die: DIE) -> Iterator[DIE]:
    """The types of what is shown, in the order of the source."""
    for child in die.iter_children():
        if child.tag == "DW_TAG_variable" and raw_name(child) in VARIABLES:
            type_ = child.get_DIE_from_attribute("DW_AT_type")
            if raw_name(child) == b"kernel_runner_place":
                type_ = type_.get_DIE_from_attribute("DW_AT_type")
            yield type_
        elif child.tag in ("DW_TAG_lexical_block", "DW_TAG_subprogram"):
            yield from variables_in(child)


def description_of(type_: DIE | None, depth: int = 0) -> str:
    """One type's description."""
    while type_ is not None and type_.tag in QUALIFIERS:
        type_ = target_of(type_)
    if type_ is None or depth > DEEPEST:
        return f"o {text_field('void')}"
    size = number_of(type_, "DW_AT_byte_size")
    match type_.tag:
        case "DW_TAG_base_type":
            if raw_name(type_) == PLAIN_CHAR:
                return "c"
            kind = ENCODINGS.get(number_of(type_, "DW_AT_encoding"), "i")
            return "b" if kind == "b" else f"{kind} {size}"
        case "DW_TAG_pointer_type":
            target = target_of(type_)
            while target is not None and target.tag in QUALIFIERS:
                target = target_of(target)
            if target is not None and raw_name(target) == PLAIN_CHAR:
                return "s"
            return f"p {text_field(written(type_))}"
        case "DW_TAG_array_type":
            return array_description(type_, depth)
        case "DW_TAG_structure_type" | "DW_TAG_union_type":
            return record_description(type_, depth)
        case "DW_TAG_enumeration_type":
            values = [child for child in type_.iter_children() if child.tag == "DW_TAG_enumerator"]
            pairs = [
                f"{text_field(name_of(value))} {number_of(value, 'DW_AT_const_value')}"
                for value in values
            ]
            return " ".join(["e", str(size), str(len(pairs)), *pairs])
    return f"o {text_field(written(type_))}"


def array_description(type_: DIE, depth: int) -> str:
    """An array's; each dimension is an array of the next."""
    counts = [
        count_of(child) for child in type_.iter_children() if child.tag == "DW_TAG_subrange_type"
    ]
    element = target_of(type_)
    description, size = description_of(element, depth + 1), size_of(element)
    for count in reversed(counts):
        description = f"a {count} {size} {text_field(description)}"
        size *= count
    return description


def record_description(type_: DIE, depth: int) -> str:
    """A struct's or union's."""
    members = []
    for child in type_.iter_children():
        if child.tag != "DW_TAG_member":
            continue
        bits = number_of(child, "DW_AT_bit_size")
        first = number_of(child, "DW_AT_data_bit_offset") if bits else 0
        offset = number_of(child, "DW_AT_data_member_location")
        member = text_field(description_of(target_of(child), depth + 1))
        members.append(f"{text_field(name_of(child))} {offset} {first} {bits} {member}")
    return " ".join(["r", str(len(members)), *members])


def written(type_: DIE | None) -> str:
    """A type as it is written in C, more or less: `struct node *`, `int (*)(int, char)`."""
    if type_ is None:
        return "void"
    if type_.tag in WORDS:
        return f"{WORDS[type_.tag]} {written(target_of(type_))}"
    if type_.tag in TAGS:
        return f"{TAGS[type_.tag]} {name_of(type_)}".rstrip()
    if type_.tag == "DW_TAG_pointer_type":
        target = written(target_of(type_))
        before, call, after = target.partition(" (")
        return f"{before} (*){call.strip()}{after}" if call else f"{target} *".replace("* *", "**")
    if type_.tag == "DW_TAG_subroutine_type":
        parameters = [
            written(target_of(child))
            for child in type_.iter_children()
            if child.tag == "DW_TAG_formal_parameter"
        ]
        return f"{written(target_of(type_))} ({', '.join(parameters) or 'void'})"
    if type_.tag == "DW_TAG_array_type":
        return f"{written(target_of(type_))} []"
    return name_of(type_)


def size_of(type_: DIE | None) -> int:
    """How many bytes a type has."""
    while type_ is not None and type_.tag in QUALIFIERS:
        type_ = target_of(type_)
    if type_ is None:
        return 1
    if type_.tag == "DW_TAG_array_type":
        size = size_of(target_of(type_))
        for child in type_.iter_children():
            size *= count_of(child) if child.tag == "DW_TAG_subrange_type" else 1
        return size
    return number_of(type_, "DW_AT_byte_size")


def count_of(range_: DIE) -> int:
    """How many elements a dimension has; none where that is only known when it runs."""
    for attribute, more in (("DW_AT_count", 0), ("DW_AT_upper_bound", 1)):
        if attribute in range_.attributes:
            value = range_.attributes[attribute].value
            return value + more if isinstance(value, int) and value >= 0 else 0
    return 0


def target_of(die: DIE) -> DIE | None:
    """The type that a type, member or variable is made from; None is void."""
    if "DW_AT_type" not in die.attributes:
        return None
    return die.get_DIE_from_attribute("DW_AT_type")


def number_of(die: DIE, attribute: str) -> int:
    """A number among the attributes; 0 where it has none."""
    found = die.attributes.get(attribute)
    return found.value if found is not None and isinstance(found.value, int) else 0


def raw_name(die: DIE) -> bytes:
    """A name, as it stands there."""
    found = die.attributes.get("DW_AT_name")
    return found.value if found is not None else b""


def name_of(die: DIE) -> str:
    """A name; what is without one has an empty one."""
    return raw_name(die).decode("utf-8", "replace")


def text_field(text: str) -> str:
    """A text with its length in bytes, as the host reads it."""
    return f"{len(text.encode())}:{text}"
