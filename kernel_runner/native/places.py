"""Where in the cells an address is, by the debugging information of what was compiled."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

Run = Callable[[Sequence[str], str], Awaitable[tuple[int, bytes]]]
UNKNOWN = "??"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a cell, and the function that it is in."""

    function: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


async def find_places(addresses: Sequence[tuple[str, int]], run: Run) -> list[Place]:
    """The places of addresses, each a shared object and an offset into it; innermost first.

    run: runs a tool where the programs run, whose files it reads: its exit code and output.
    The first is where the code was, the others where calls return to. Inlined functions count.
    """
    addr2line = shutil.which("addr2line")
    if addr2line is None:
        return []
    returns = [addresses[0], *((path, offset - 1) for path, offset in addresses[1:])]
    groups = [
        (path, [offset for _, offset in group])
        for path, group in itertools.groupby(returns, key=lambda address: address[0])
    ]
    answers = await asyncio.gather(
        *(
            run([addr2line, "-fiC", "-e", path, *(hex(offset) for offset in offsets)], "/")
            for path, offsets in groups
        )
    )
    lines = [line for _, output in answers for line in output.decode(errors="replace").splitlines()]
    places = []
    for function, position in zip(lines[::2], lines[1::2], strict=False):
        file, _, number = position.partition(" ")[0].rpartition(":")
        name = os.path.basename(file)
        if name.startswith("In[") and number.isdecimal():
            places.append(Place(function, name, int(number)))
    return places
