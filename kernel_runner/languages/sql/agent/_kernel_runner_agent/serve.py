"""The session: one thread reads frames and answers what may not wait, another runs cells.

A signal is handled in the main thread, and only when that thread is not inside a library. So
the main thread reads, and SIGINT finds it at any time; statements run in the other one.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

from .assist import Assistant
from .cells import Failure, Quit, Session
from .wire import Channel, Frame


class Screen:
    """Shows things in the cell that is running."""

    def __init__(self, channel: Channel) -> None:
        self.id = 0
        self._channel = channel

    def show(
        self, bundle: Mapping[str, Any], *, kind: str = "display", display_id: str = ""
    ) -> None:
        """Show a value."""
        flush()
        fields = [field for pair in bundle.items() for field in pair]
        self._channel.send("D", self.id, kind, display_id, "", *fields)

    def clear(self, wait: bool) -> None:
        """Clear what the cell has shown."""
        flush()
        self._channel.send("U", self.id, str(int(wait)))

    def say(self, sentence: str) -> None:
        """A remark on stderr."""
        sys.stderr.write(f"[{sentence}]\n")


class Agent:
    """Serves one session."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._screen = Screen(channel)
        self._session = Session(self._screen)
        self._assistant = Assistant()
        self._work: queue.SimpleQueue[Frame] = queue.SimpleQueue()
        self._busy = False

    def serve(self) -> None:
        """Serve until the kernel is gone."""
        signal.signal(signal.SIGINT, self._interrupt)
        threading.Thread(target=self._run, daemon=True).start()
        self._channel.send("R", 0, self._session.database.system)
        while (frame := self._channel.receive()) and frame[0] != "Q":
            if frame[0] in "EOML":
                self._work.put(frame)
            else:
                self._answer(*frame)

    def _interrupt(self, *_: Any) -> None:
        if self._busy:
            self._session.interrupt()

    def _answer(self, type_: str, id_: int, fields: tuple[bytes, ...]) -> None:
        database = self._session.database
        if type_ == "C":
            start, end, matches = self._assistant.complete(fields[0], int(fields[1]))
            self._channel.send("C", id_, str(start), str(end), *matches)
        elif type_ == "I":
            # The definition would have to wait for a statement that runs.
            bundle = (
                {} if self._busy else self._assistant.inspect(fields[0], int(fields[1]), database)
            )
            self._channel.send("I", id_, *(field for pair in bundle.items() for field in pair))
        elif type_ == "P":
            code = fields[0].decode("utf-8", "replace")
            self._channel.send("P", id_, self._assistant.is_complete(code, database), "")

    def _run(self) -> None:
        while True:
            type_, id_, fields = self._work.get()
            self._screen.id = id_
            self._busy = True
            self._channel.send("B", id_)
            if type_ != "E":  # no comms here: what is opened is closed
                if type_ == "O":
                    self._channel.send("L", id_, fields[0], "{}", "{}")
                answer: tuple[str | bytes, ...] = ("K",)
            else:
                answer = self._evaluate(*fields)
            self._busy = False
            flush()
            self._channel.send(str(answer[0]), id_, *answer[1:])

    def _evaluate(self, *fields: bytes) -> tuple[str | bytes, ...]:
        """Run a cell; the type and the fields of the answer."""
        code, count = (field.decode("utf-8", "replace") for field in fields[:2])
        options = json.loads(fields[4] or "{}") if len(fields) > 4 else {}
        try:
            if options.get("expression"):
                self._screen.show({"text/plain": self._session.value(code)}, kind="result")
            else:
                self._session.run(code, f"In[{count}]")
                self._assistant.learn(self._session.database)
        except Quit as wish:
            self._session.database.close()
            flush()
            os._exit(wish.code)
        except Failure as failure:
            return "X", failure.name, failure.message, failure.traceback
        except Exception as error:  # a defect of ours must not end the session
            return "X", type(error).__name__, str(error), f"{type(error).__name__}: {error}"
        return ("K",)


def flush() -> None:
    """Write out what is still held."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def main() -> None:
    """Serve until the kernel closes fd 3 or says so."""
    Agent(Channel(3, 4)).serve()
    flush()
    os._exit(0)  # a statement may still be running
