"""Runs a file of SQL like a program, for batch mode."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .cells import Failure, Quit, Session


class Screen:
    """Shows things as text."""

    def show(
        self, bundle: Mapping[str, Any], *, kind: str = "display", display_id: str = ""
    ) -> None:
        """Print a value."""
        print(bundle["text/plain"], flush=True)

    def clear(self, wait: bool) -> None:
        """What is printed stays."""

    def say(self, sentence: str) -> None:
        """A remark on stderr."""
        sys.stderr.write(f"[{sentence}]\n")


def main(arguments: Sequence[str]) -> None:
    """Run FILE in a DATABASE, or in one in memory. Ends the process on an error."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    path = arguments[0]
    with open(path, encoding="utf-8") as file:
        code = file.read()
    try:
        Session(Screen(), *arguments[1:2]).run(code, path)
    except Failure as failure:
        sys.exit(failure.traceback)
    except Quit as wish:
        sys.exit(wish.code)
