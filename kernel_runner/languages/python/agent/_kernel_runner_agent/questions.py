"""input() and getpass.getpass(): questions that the person answers in the notebook."""

from __future__ import annotations

import builtins
import getpass
import queue
import threading
from typing import Any, Callable, Optional, Tuple

from .wire import Frame

Answer = Tuple[bool, str]


class Questions:
    """One question at a time, from whatever thread; the reader thread brings the answer."""

    def __init__(self, request: Callable[[], Optional[int]], send: Callable[..., Any]) -> None:
        """``request`` gives the id of the request in whose name to ask, or None where nobody
        can be asked; ``send`` sends a frame."""
        self._current = request
        self._send = send
        self._turn = threading.Lock()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._request: Optional[int] = None

    def install(self) -> None:
        """Replace the two functions that ask."""
        builtins.input = self._input
        getpass.getpass = self._getpass

    def answer(self, frame: Frame) -> None:
        """Take an A frame. Those of a question that was interrupted are dropped."""
        if frame.id == self._request:
            self._answers.put((frame.text(0) == "1", frame.text(1)))

    def abandon(self) -> None:
        """The cell has ended: whoever still waits gets the end of file."""
        if self._request is not None:
            self._request = None
            self._answers.put((False, ""))

    def _ask(self, prompt: str, password: bool) -> str:
        with self._turn:
            while not self._answers.empty():
                self._answers.get()
            try:
                self._request = self._current()
                if self._request is None:
                    raise EOFError("nobody can be asked now")
                self._send("W", prompt, "1" if password else "0")
                answered, value = self._answers.get()
            finally:
                self._request = None
        if not answered:
            raise EOFError("nobody can answer")
        return value

    def _input(self, prompt: object = "", /) -> str:
        """Ask the person for a line of text."""
        return self._ask(str(prompt), password=False)

    def _getpass(
        self, prompt: str = "Password: ", stream: Any = None, *, echo_char: Optional[str] = None
    ) -> str:
        """Ask the person for a password, which stays hidden."""
        return self._ask(str(prompt), password=True)
