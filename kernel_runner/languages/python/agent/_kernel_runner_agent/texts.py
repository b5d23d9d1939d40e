"""Byte offsets in UTF-8, as frames have them, and offsets in a str."""

from __future__ import annotations


def to_characters(code: str, offset: int) -> int:
    """The number of characters in the first ``offset`` bytes of ``code``."""
    return len(code.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore"))


def to_bytes(code: str, offset: int) -> int:
    """The number of bytes in the first ``offset`` characters of ``code``."""
    return len(code[:offset].encode("utf-8", "replace"))
