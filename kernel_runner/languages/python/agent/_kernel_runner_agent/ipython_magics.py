"""Magics that page or clear, in a notebook's way."""

from __future__ import annotations

import shlex
from typing import Any

from IPython.core import page
from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class

Base: Any = Magics  # IPython is typed in part only


@magics_class
class NotebookMagics(Base):  # type: ignore[misc]
    """The terminal's magics whose effect belongs to the front end."""

    @line_magic
    def clear(self, line: str) -> None:
        """Clear the cell's output."""
        self.shell.display_pub.clear_output()

    @line_magic
    def less(self, line: str) -> None:
        """Show a file in the pager."""
        _page_file(line)

    @line_magic
    def more(self, line: str) -> None:
        """Show a file in the pager."""
        _page_file(line)

    @line_magic
    def man(self, line: str) -> None:
        """Show a manual page in the pager."""
        page.page(self.shell.getoutput(f"man {shlex.quote(line)} | col -b", split=False))


def _page_file(name: str) -> None:
    if not name:
        raise UsageError("Missing filename.")
    with open(name, encoding="utf-8", errors="replace") as file:
        page.page(file.read())
