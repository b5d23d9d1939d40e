"""Pieces of replies that more than one message has."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from kernel_runner.console import PLAIN, CellError


def error_content(error: CellError) -> dict[str, Any]:
    """An error as the content of a reply."""
    return {
        "status": "error",
        "ename": error.name,
        "evalue": error.message,
        "traceback": error.traceback,
    }


def value_content(error: CellError | None, bundle: Mapping[str, Any]) -> dict[str, Any]:
    """The value of a user_expression, as it stands in an execute_reply."""
    if error is not None:
        return error_content(error)
    return {"status": "ok", "data": {PLAIN: "", **bundle}, "metadata": {}}


def unexpected(error: Exception) -> CellError:
    """A defect of our own, told so that it can be reported."""
    lines = traceback.format_exception(error)
    return CellError(type(error).__name__, str(error), "".join(lines).splitlines())
