"""Describing the types of a cell's values to the host, from the debugging information (DWARF).

The language of the descriptions is told in host_values.c.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kernel_runner.native.cache import Built

if TYPE_CHECKING:
    from elftools.dwarf.die import DIE

NEEDED = b"kernel_runner_show_described"
VARIABLE, PLACE = b"kernel_runner_value", b"_place"
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
    """The variables that a cell shows, and their types; empty where these are simple."""
    code = built.program.read_bytes()
    if NEEDED not in code:
        return ""
    from elftools.elf.elffile import ELFFile

    elf = ELFFile(io.BytesIO(code))
    if not elf.has_dwarf_info():
        return ""
    fields = [
        text_field(text)
        for name, type_ in shown_variables(elf)
        for text in (name, description_of(type_))
    ]
    return " ".join(fields)


def shown_variables(elf: object) -> Iterator[tuple[str, DIE | None]]:
    """The variables that the cell's function shows."""
    for unit in elf.get_dwarf_info().iter_CUs():  # type: ignore[attr-defined]
        for child in unit.get_top_DIE().iter_children():
            if child.tag == "DW_TAG_subprogram" and name_of(child) == "kernel_runner_cell":
                yield from variables_in(child)


def variables_in(die: DIE) -> Iterator[tuple[str, DIE | None]]:
    """What is shown below a function or block: the variable, and the type of the value."""
    for child in die.iter_children():
        if child.tag == "DW_TAG_variable" and raw_name(child).startswith(VARIABLE):
            type_ = target_of(child)
            if raw_name(child).endswith(PLACE) and type_ is not None:
                type_ = target_of(type_)
            yield name_of(child), type_
        elif child.tag == "DW_TAG_lexical_block":
            yield from variables_in(child)


def description_of(type_: DIE | None, depth: int = 0) -> str:
    """One type's description."""
    type_ = without_qualifiers(type_)
    describe = DESCRIPTIONS.get(str(type_.tag)) if type_ is not None else None
    if type_ is None or describe is None or depth > DEEPEST:
        return f"o {text_field(written(type_))}"
    return describe(type_, depth)


def base_description(type_: DIE, depth: int) -> str:
    """A number's, a character's, a truth value's."""
    if raw_name(type_) == PLAIN_CHAR:
        return "c"
    kind = ENCODINGS.get(number_of(type_, "DW_AT_encoding"), "i")
    return "b" if kind == "b" else f"{kind} {number_of(type_, 'DW_AT_byte_size')}"


def pointer_description(type_: DIE, depth: int) -> str:
    """A pointer's; what it points to is not followed, but for text."""
    target = without_qualifiers(target_of(type_))
    is_text = target is not None and raw_name(target) == PLAIN_CHAR
    return "s" if is_text else f"p {text_field(written(type_))}"


def enum_description(type_: DIE, depth: int) -> str:
    """An enumeration's."""
    pairs = [
        f"{text_field(name_of(child))} {number_of(child, 'DW_AT_const_value')}"
        for child in type_.iter_children()
        if child.tag == "DW_TAG_enumerator"
    ]
    size = number_of(type_, "DW_AT_byte_size")
    return " ".join(["e", str(size), str(len(pairs)), *pairs])


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
        first = first_bit(child, bits) if bits else 0
        offset = number_of(child, "DW_AT_data_member_location")
        member = text_field(description_of(target_of(child), depth + 1))
        members.append(f"{text_field(name_of(child))} {offset} {first} {bits} {member}")
    return " ".join(["r", str(len(members)), *members])


def first_bit(member: DIE, bits: int) -> int:
    """Where a bit-field begins, in bits from the beginning of its struct."""
    if "DW_AT_bit_offset" not in member.attributes:
        return number_of(member, "DW_AT_data_bit_offset")
    # DWARF before its version 5 counts from the other end of the word that it is in.
    begin = 8 * number_of(member, "DW_AT_data_member_location")
    return (
        begin
        + 8 * number_of(member, "DW_AT_byte_size")
        - bits
        - number_of(member, "DW_AT_bit_offset")
    )


def written(type_: DIE | None) -> str:
    """A type as it is written in C, more or less: `struct node *`, `int (*)(int, char)`."""
    if type_ is None:
        return "void"
    if type_.tag in WORDS:
        words = f"{WORDS[type_.tag]} {written(target_of(type_))}"
    elif type_.tag in TAGS:
        words = f"{TAGS[type_.tag]} {name_of(type_)}".rstrip()
    elif type_.tag == "DW_TAG_pointer_type":
        target = written(target_of(type_))
        before, call, after = target.partition(" (")
        plain = f"{target} *".replace("* *", "**")
        words = f"{before} (*){call.strip()}{after}" if call else plain
    elif type_.tag == "DW_TAG_subroutine_type":
        parameters = [
            written(target_of(child))
            for child in type_.iter_children()
            if child.tag == "DW_TAG_formal_parameter"
        ]
        words = f"{written(target_of(type_))} ({', '.join(parameters) or 'void'})"
    elif type_.tag == "DW_TAG_array_type":
        words = f"{written(target_of(type_))} []"
    else:
        words = name_of(type_)
    return words


def size_of(type_: DIE | None) -> int:
    """How many bytes a type has."""
    type_ = without_qualifiers(type_)
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


def without_qualifiers(type_: DIE | None) -> DIE | None:
    """What const, volatile and typedefs stand before."""
    while type_ is not None and type_.tag in QUALIFIERS:
        type_ = target_of(type_)
    return type_


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


DESCRIPTIONS: dict[str, Callable[[DIE, int], str]] = {
    "DW_TAG_base_type": base_description,
    "DW_TAG_pointer_type": pointer_description,
    "DW_TAG_array_type": array_description,
    "DW_TAG_structure_type": record_description,
    "DW_TAG_union_type": record_description,
    "DW_TAG_enumeration_type": enum_description,
}
