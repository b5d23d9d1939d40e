"""What an assistant answers when it is asked to complete."""

from __future__ import annotations

from collections.abc import Iterable


class Completions(list[str]):
    """The matches, best first, and what they replace: ``code[start:end]``, in code points."""

    def __init__(self, matches: Iterable[str] = (), start: int = 0, end: int = 0) -> None:
        super().__init__(matches)
        self.start = start
        self.end = end
