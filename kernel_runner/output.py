"""A cell's stream output on its way to the client: decoded, joined, and limited."""

from __future__ import annotations

import asyncio
import codecs
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

# At most about 50 messages a second: a client draws no faster.
INTERVAL = 0.02
MOST_IN_A_MESSAGE = 1 << 20

Publish = Callable[[str, str], None]


class StreamOutput:
    """Joins the pieces of stdout and stderr of one cell into messages, in the order they came.

    The first bytes go out at once, the next ones after INTERVAL. Bytes are decoded as they
    come, so that a character cut in two arrives whole; what is not UTF-8 becomes U+FFFD. Past
    ``limit`` bytes the rest goes, raw, to the file that ``spill`` names instead.
    """

    def __init__(self, publish: Publish, limit: int, spill: Callable[[], Path]) -> None:
        self._spill = spill
        self._publish = publish
        self._limit = limit
        self._count = 0
        self._file: SpillFile | None = None
        self._pieces: list[tuple[str, str]] = []
        self._size = 0
        self._decoders = {name: new_decoder() for name in ("stdout", "stderr")}
        self._timer: asyncio.TimerHandle | None = None

    def write(self, name: str, data: bytes) -> None:
        """Take bytes of a stream."""
        if self._file is not None:
            self._file.write(data)
            return
        room = self._limit - self._count if self._limit else len(data)
        self._count += len(data)
        self._add(name, self._decoders[name].decode(data[:room]))
        if room < len(data):
            self.divert(f"more than {self._limit} bytes")
            self.write(name, data[room:])
        elif self._timer is None or self._size >= MOST_IN_A_MESSAGE:
            self._send()
            self._arm()

    def divert(self, reason: str) -> None:
        """From now on everything goes to the file; a line says why and where."""
        if self._file is None:
            self.flush()
            self._file = SpillFile(self._spill())
            self._publish("stderr", f"\n[{reason}: {self._file.sentence}]\n")

    def flush(self) -> None:
        """Send what is held back, but for a character that has not come whole yet."""
        self._send()
        if self._file is not None:
            self._file.flush()

    def finish(self) -> None:
        """The cell has ended: send everything. More may come late, and is taken as before."""
        for name, decoder in self._decoders.items():
            self._add(name, decoder.decode(b"", final=True))
        self.flush()

    def _add(self, name: str, text: str) -> None:
        if text:
            self._size += len(text)
            self._pieces.append((name, text))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._pieces:
            self._send()
            self._arm()

    def _send(self) -> None:
        pieces, self._pieces, self._size = self._pieces, [], 0
        start = 0
        for end in range(1, len(pieces) + 1):
            if end == len(pieces) or pieces[end][0] != pieces[start][0]:
                self._publish(pieces[start][0], "".join(text for _, text in pieces[start:end]))
                start = end


class SpillFile:
    """The file that takes what a limit held back. A full disk loses the rest, and says so."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(path, "wb", opener=private_opener)  # noqa: SIM115
            self.sentence = f"the rest goes to {path}, and %output shows it"
        except OSError as error:
            self.sentence = f"the rest is dropped, since {path} can't be written: {error.strerror}"

    def write(self, data: bytes) -> None:
        """Add to it."""
        if self._file is not None:
            try:
                self._file.write(data)
            except OSError:
                self._file = None

    def flush(self) -> None:
        """Make it readable by others so far."""
        if self._file is not None:
            self._file.flush()


def private_opener(path: str, flags: int) -> int:
    """Open for the person alone."""
    return os.open(path, flags, 0o600)


def new_decoder() -> codecs.IncrementalDecoder:
    """A decoder that turns what is not UTF-8 into U+FFFD."""
    return codecs.getincrementaldecoder("utf-8")("replace")
