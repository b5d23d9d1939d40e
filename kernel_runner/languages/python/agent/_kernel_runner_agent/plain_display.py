"""display() and its kin for interpreters without IPython; they are put among the builtins."""

from __future__ import annotations

import builtins
import functools
import uuid
from typing import TYPE_CHECKING, Any, Optional, Tuple

if TYPE_CHECKING:
    from .agent import Agent
    from .bundles import Bundle

METHODS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_latex_": "text/latex",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_pdf_": "application/pdf",
    "_repr_json_": "application/json",
    "_repr_javascript_": "application/javascript",
}


def render(value: Any) -> Tuple[Bundle, Bundle]:
    """The MIME bundle of a value and its metadata, by IPython's display protocol."""
    bundle: Bundle = {"text/plain": repr(value)}
    metadata: Bundle = {}
    if isinstance(value, type):
        return bundle, metadata
    for name, mime in METHODS.items():
        method = getattr(type(value), name, None)
        if method is not None:
            _add(bundle, metadata, mime, method(value))
    method = getattr(type(value), "_repr_mimebundle_", None)
    if method is not None:
        given = method(value, include=None, exclude=None)
        extra, more = given if isinstance(given, tuple) else (given, {})
        bundle.update(extra or {})
        metadata.update(more or {})
    return bundle, metadata


def _add(bundle: Bundle, metadata: Bundle, mime: str, given: Any) -> None:
    data, more = given if isinstance(given, tuple) else (given, None)
    if data is not None:
        bundle[mime] = data
    if more:
        metadata[mime] = more


class Display:
    """The functions among the builtins. Their names are IPython's."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    def display(
        self,
        *objects: Any,
        display_id: Any = None,
        metadata: Optional[Bundle] = None,
        raw: bool = False,
        clear: bool = False,
    ) -> Optional[DisplayHandle]:
        """Show objects in the notebook. With ``display_id`` (True makes one up) gives a handle
        that updates what was shown; with ``raw`` the objects are MIME bundles already."""
        if clear:
            self.clear_output(wait=True)
        handle = None
        if display_id is not None:
            handle = DisplayHandle(self, None if display_id is True else display_id)
        for value in objects:
            self.show("display", value, handle.display_id if handle else "", metadata, raw)
        return handle

    def update_display(
        self, value: Any, *, display_id: str, metadata: Optional[Bundle] = None, raw: bool = False
    ) -> None:
        """Show ``value`` in place of what was displayed with this id."""
        self.show("update", value, display_id, metadata, raw)

    def clear_output(self, wait: bool = False) -> None:
        """Clear the cell's output, with ``wait`` only once there is something new."""
        self._agent.clear_output(wait)

    def show(
        self,
        kind: str,
        value: Any,
        display_id: str,
        metadata: Optional[Bundle] = None,
        raw: bool = False,
    ) -> None:
        """Send one value. ``kind`` is display or update."""
        bundle, found = (value, {}) if raw else render(value)
        self._agent.display(kind, bundle, {**found, **(metadata or {})}, display_id)


class DisplayHandle:
    """Something that was displayed and can be replaced."""

    def __init__(self, display: Display, display_id: Optional[str] = None) -> None:
        self._display = display
        self.display_id = str(display_id or uuid.uuid4().hex)

    def display(self, value: Any, **options: Any) -> None:
        """Show ``value`` with this handle's id."""
        self._display.show("display", value, self.display_id, **options)

    def update(self, value: Any, **options: Any) -> None:
        """Show ``value`` in place of what this handle has shown."""
        self._display.show("update", value, self.display_id, **options)


def install(agent: Agent) -> None:
    """Put display, update_display, clear_output and DisplayHandle among the builtins."""
    display = Display(agent)
    for function in (display.display, display.update_display, display.clear_output):
        setattr(builtins, function.__name__, function)
    handle = functools.partial(DisplayHandle, display)
    builtins.DisplayHandle = handle  # type: ignore[attr-defined]
