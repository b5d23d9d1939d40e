"""The terminal that a program gets for its stdin and stdout.

Programs behave best on a terminal: they flush their prompts and line-buffer their output. Ours
is a pty in Linux's EXTPROC mode, in which the line editing is done elsewhere, by the client's
input box: nothing is echoed and no line is cut at 4,096 bytes, while the ECHO and ICANON flags
stay the program's own to set, so that a password prompt can be told from a name.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import struct
import termios

from kernel_runner.process.pump import write_all

EXTPROC = 0o200000  # <asm-generic/termbits.h>; the termios module does not have it
IFLAG, OFLAG, _, LFLAG = range(4)
ROWS, COLUMNS = 24, 100
# <asm-generic/ioctls.h>; the termios module does not have them.
TIOCGPTN, TIOCSPTLCK, TIOCGPTPEER = 0x80045430, 0x40045431, 0x5441
# The line discipline's buffer: what goes beyond it needs a reader that takes it as it comes.
LINE_BUFFER = 4000
END_OF_FILE = b"\x04"


class Terminal:
    """A pty. The master side is for the kernel; programs open or inherit the slave.

    devices: a descriptor of the /dev/pts that it is to be in, if not in our own.
    """

    def __init__(self, columns: int = COLUMNS, devices: int | None = None) -> None:
        self.master, self.slave = os.openpty() if devices is None else open_pty(devices)
        os.set_blocking(self.master, False)
        self._lifted = 0
        self.path = name_of(self.master)
        self.device = os.fstat(self.slave).st_rdev
        attributes = termios.tcgetattr(self.slave)
        attributes[OFLAG] &= ~termios.OPOST
        attributes[LFLAG] |= EXTPROC
        termios.tcsetattr(self.slave, termios.TCSANOW, attributes)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))

    @property
    def asks_for_password(self) -> bool:
        """Whether the program has switched the echo off for a line that it reads."""
        flags = termios.tcgetattr(self.master)[LFLAG]
        return bool(flags & termios.ICANON) and not flags & termios.ECHO

    @property
    def unread(self) -> int:
        """How many bytes of input wait to be read by the program; none once it has ended."""
        if self.slave < 0:
            return 0
        waiting = array.array("i", [0])
        fcntl.ioctl(self.slave, termios.FIONREAD, waiting)
        return waiting[0]

    def forget_input(self) -> None:
        """Throw away input that nobody has read."""
        termios.tcflush(self.slave, termios.TCIFLUSH)
        self.settle()

    async def answer(self, text: str | None) -> None:
        """Give the program a line of input, or the end of the file for None."""
        self._set_local(EXTPROC, 0)  # a program may have reset the terminal meanwhile
        if text is None:
            await write_all(self.master, END_OF_FILE)
            return
        line = text.encode("utf-8", "surrogateescape") + b"\n"
        if len(line) > LINE_BUFFER:
            # In line mode the kernel drops what its buffer can't hold; without, it makes us wait.
            self._lifted = termios.tcgetattr(self.master)[LFLAG] & termios.ICANON
            self._set_local(0, self._lifted)
        await write_all(self.master, line)

    def settle(self) -> None:
        """The program has read its answer to the end: a long one had lifted the line mode."""
        if self._lifted:
            self._set_local(self._lifted, 0)
            self._lifted = 0

    def close_slave(self) -> None:
        """Close our copy of the slave, so that the master ends with its last program."""
        if self.slave >= 0:
            os.close(self.slave)
            self.slave = -1

    def _set_local(self, on: int, off: int) -> None:
        with contextlib.suppress(termios.error):
            attributes = termios.tcgetattr(self.master)
            wanted = (attributes[LFLAG] | on) & ~off
            if wanted != attributes[LFLAG]:
                attributes[LFLAG] = wanted
                termios.tcsetattr(self.master, termios.TCSANOW, attributes)


def open_pty(devices: int) -> tuple[int, int]:
    """The master and the slave of a new pty in another /dev/pts. Raises OSError."""
    flags = os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC
    master = os.open("ptmx", flags, dir_fd=devices)
    try:
        fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
        return master, fcntl.ioctl(master, TIOCGPTPEER, flags)
    except BaseException:
        os.close(master)
        raise


def name_of(master: int) -> str:
    """The slave's path, as the programs see it."""
    number = array.array("i", [0])
    fcntl.ioctl(master, TIOCGPTN, number)
    return f"/dev/pts/{number[0]}"
