"""Frames: how the kernel and a session's agent talk, on the agent's fds 3 and 4.

An agent is a small program in the language itself. It reads requests on fd 3 and answers on
fd 4; stdin, stdout and stderr stay the user's own. A frame is a line of ASCII and raw bytes:

    TYPE ID LENGTH LENGTH ...\\n FIELD FIELD ...

TYPE is one letter, ID the decimal number of the request, each LENGTH a number of bytes. Text is
UTF-8. An agent ignores fields that it does not know, and types that it does not know.

Kernel to agent
    E  code, count, stdout, stderr, options   evaluate a cell. count is its number (positions read
       ``In[count]:line``). stdout and stderr are paths to reopen fds 1 and 2 on for this cell, or
       empty: leave them. options is a JSON object: silent, store_history, expression (a
       user_expression: give its value and change nothing), msg_id (of the execute_request).
    C  code, offset              complete at this byte offset; answered even while a cell runs
    I  code, offset, detail      inspect the name at this byte offset; detail is 0 or 1
    P  code                      is this complete?
    S                            interrupt, for runtimes that SIGINT cannot stop
    A  answered, value           the answer to W; answered is 0 where nobody can answer (EOF)
    O  comm, target, data, metadata, buffer...    comm_open    (data and metadata are JSON)
    M  comm, data, metadata, buffer...            comm_msg
    L  comm, data, metadata, buffer...            comm_close
    Q                            quit (the end of fd 3 means the same)

Agent to kernel
    R  version                   ready, once, with ID 0
    B  [pid]                     begun: from here to K or X a SIGINT is welcome, and output is ID's;
       pid is the process that evaluates, by its own getpid(), where it may not be the one that
       was started
    D  kind, display_id, metadata, mime, data, mime, data...    kind is result, display or update;
       metadata is JSON or empty; data is raw (PNG bytes are not base64). Where mime begins with
       @, data is the path of a file in the run directory that has them; it is removed.
    U  wait                      clear_output; wait is 0 or 1
    W  prompt, password          ask the person; password is 0 or 1; answered with A
    K  [options]                 done; options is JSON: payload (of the execute_reply), pid (as in
       B, where another process has taken over)
    X  name, message, traceback, [options]     failed; traceback is text as the language's console
       shows it
    C  start, end, match...      byte offsets of what the matches replace
    I  mime, data...             nothing where nothing was found
    P  status, indent            complete, incomplete, invalid or unknown
    O, M, L                      as above; ID is that of the request being evaluated, else 0

The metadata of O, M and L to an agent has the msg_id of the message that they came in.

E, O, M and L are evaluated one after the other, each answered by B and then K or X. The agent
flushes its stdout and stderr before it sends B, D, U, W, K or X; the kernel reads both streams
until they are empty before it acts on such a frame. Before D and U the agent writes a mark to
stdout, ``ESC _ kernel-runner ESC \\``, so that text which follows at once stays behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_HEADER = 1 << 16


class FrameError(Exception):
    """The agent sent bytes that are not a frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its type, the id of the request that it belongs to, and its raw fields."""

    type: str
    id: int
    fields: tuple[bytes, ...] = ()

    def text(self, index: int) -> str:
        """Field number ``index`` as text; empty where the frame is shorter."""
        if index >= len(self.fields):
            return ""
        return self.fields[index].decode("utf-8", "replace")

    def encode(self) -> bytes:
        """The frame as it goes over the wire."""
        header = " ".join([self.type, str(self.id), *(str(len(field)) for field in self.fields)])
        return b"".join([header.encode("ascii"), b"\n", *self.fields])


class FrameReader:
    """Takes bytes as they arrive, however cut, and gives whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._header: tuple[str, int, list[int]] | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that ``data`` completes. Raises FrameError on what cannot be one."""
        self._buffer += data
        frames = []
        while frame := self._next():
            frames.append(frame)
        return frames

    def _next(self) -> Frame | None:
        if self._header is None:
            end = self._buffer.find(b"\n")
            if end < 0:
                if len(self._buffer) > MAX_HEADER:
                    raise FrameError("a frame's first line has no end")
                return None
            self._header = self._parse(bytes(self._buffer[:end]))
            del self._buffer[: end + 1]
        type_, id_, lengths = self._header
        if len(self._buffer) < sum(lengths):
            return None
        fields, start = [], 0
        for length in lengths:
            fields.append(bytes(self._buffer[start : start + length]))
            start += length
        del self._buffer[:start]
        self._header = None
        return Frame(type_, id_, tuple(fields))

    @staticmethod
    def _parse(line: bytes) -> tuple[str, int, list[int]]:
        words = line.decode("ascii", "replace").split(" ")
        numbers = words[1:]
        if len(words[0]) != 1 or not numbers or not all(n.isdecimal() for n in numbers):
            raise FrameError(f"not a frame: {line[:80]!r}")
        return words[0], int(numbers[0]), [int(n) for n in numbers[1:]]
