"""How an exception in a cell is told: without the agent's own frames."""

from __future__ import annotations

import os
import sys
import traceback
from types import TracebackType
from typing import Any, Optional, Set, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))


class CellError(Exception):
    """A cell failed: the name and message of its exception, and the traceback as text."""

    def __init__(self, name: str, message: str, text: str) -> None:
        super().__init__(name, message, text)
        self.name = name
        self.message = message
        self.text = text


def message_of(error: BaseException) -> str:
    """str(error), even where the exception's own __str__ is broken."""
    try:
        return str(error)
    except Exception:
        return "<exception str() failed>"


def describe(error: BaseException, hidden: Tuple[str, ...] = (HERE,)) -> CellError:
    """Tell an exception as Python's console does. Frames of files in the directories
    ``hidden`` are left out; coloured from Python 3.13 on."""
    told = traceback.TracebackException(type(error), error, error.__traceback__)
    _hide(told, hidden, set())
    options: Any = {"colorize": True} if sys.version_info >= (3, 13) else {}
    if told.stack or told.__cause__ or told.__context__ or hasattr(error, "exceptions"):
        lines = told.format(**options)
    else:
        lines = told.format_exception_only(**options)
    return CellError(type(error).__name__, message_of(error), "".join(lines))


def drop_agent_frames(tb: Optional[TracebackType]) -> None:
    """Take the agent's own frames out of a traceback, below its first frame."""
    while tb is not None:
        following = tb.tb_next
        while following is not None and following.tb_frame.f_code.co_filename.startswith(HERE):
            following = following.tb_next
        tb.tb_next = following
        tb = following


def _hide(told: Any, hidden: Tuple[str, ...], seen: Set[int]) -> None:
    if told is None or id(told) in seen:
        return
    seen.add(id(told))
    told.stack[:] = [frame for frame in told.stack if not frame.filename.startswith(hidden)]
    for other in (told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())):
        _hide(other, hidden, seen)
