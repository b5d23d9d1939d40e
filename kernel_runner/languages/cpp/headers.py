"""The headers that cells have included: precompiled in the background, and used once they are.

A cell never waits for them. Until a set of headers is there, the largest one that is serves, and
the compiler reads the rest; which of them it was is no part of what the build cache knows a cell
by. The precompiled headers are in the build cache too, for all kernels of a user.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from kernel_runner.language import program_identity
from kernel_runner.native.cache import PROGRAM, BuildCache
from kernel_runner.runner import folder_of

INCLUDE = folder_of(__file__) / "include"
# What every cell has: its own needs, and what a notebook is likely to use.
ALWAYS = (
    "#include <kernel_runner/cell.hpp>",
    "#include <iostream>",
    "#include <vector>",
    "#include <string>",
    "#include <map>",
    "#include <algorithm>",
)
# How a compiler makes one and uses it; for others they are only text.
SUFFIXES = {"gcc": ".gch", "clang": ".pch"}
Run = Callable[[Sequence[str], str], Awaitable[tuple[int, bytes]]]


class Headers:
    """Knows which sets of headers are precompiled.

    run: runs a command in a directory, and gives its exit code and what it said.
    """

    def __init__(self, cache: BuildCache, run: Run) -> None:
        self._cache = cache
        self._run = run
        self._making: dict[str, asyncio.Task[None]] = {}
        self._failed: set[str] = set()

    def switches(
        self, command: Sequence[str], kind: str, flags: Sequence[str], includes: Sequence[str],
        folder: Path,
    ) -> list[str]:  # fmt: skip
        """The switches by which a cell gets these headers; the files are in ``folder``.

        kind: of the compiler, a key of SUFFIXES or none. flags: what the cell is compiled with.
        """
        whole = [*ALWAYS, *(each for each in includes if each not in ALWAYS)]
        parts = [kind, *command, program_identity(command[0]), *flags, own_headers()]
        digest = self._cache.key([*parts, *whole])
        response = folder / f"headers-{digest[:16]}"
        count, found = self._largest(parts, whole) if kind in SUFFIXES else (0, None)
        if kind in SUFFIXES and count < len(whole):
            self._make(digest, [*command, *flags], SUFFIXES[kind], whole)
        rest = response.with_suffix(".hpp")
        rest.write_text("\n".join([*whole[count:], ""]))
        words = [f"-include {rest}"] if count < len(whole) else []
        if found is not None and kind == "clang":
            words = [f"-include-pch {found}{SUFFIXES[kind]}", *words]
        elif found is not None:
            words = [f"-include {found}", *words]
        response.write_text("\n".join([*words, ""]))
        return [f"@{response.name}"]

    def _largest(self, parts: Sequence[str], whole: Sequence[str]) -> tuple[int, Path | None]:
        """How many of the headers are precompiled together, and where."""
        for count in range(len(whole), len(ALWAYS) - 1, -1):
            built = self._cache.find(self._cache.key([*parts, *whole[:count]]))
            if built is not None:
                return count, built.program
        return 0, None

    def _make(self, digest: str, command: Sequence[str], suffix: str, whole: Sequence[str]) -> None:
        if digest in self._making or digest in self._failed:
            return
        task = asyncio.get_running_loop().create_task(
            self._precompile(digest, command, suffix, whole)
        )
        self._making[digest] = task
        task.add_done_callback(lambda _: self._making.pop(digest, None))

    async def _precompile(
        self, digest: str, command: Sequence[str], suffix: str, whole: Sequence[str]
    ) -> None:
        draft = self._cache.draft()
        try:
            (draft / PROGRAM).write_text("\n".join([*whole, ""]))
            words = [*command, "-x", "c++-header", "-o", f"{PROGRAM}{suffix}"]
            if suffix == SUFFIXES["clang"]:
                # From its stdin, since it looks for the file again, and the draft will be renamed.
                words = ["/bin/sh", "-c", f'exec "$@" - <{PROGRAM}', "sh", *words]
            else:
                words.append(PROGRAM)
            code, log = await self._run(words, str(draft))
            if code == 0:
                self._cache.store(digest, draft, log)
            else:
                self._failed.add(digest)  # cells say what is wrong, if anything is
        finally:
            self._cache.discard(draft)


@functools.cache
def own_headers() -> str:
    """Our own headers' text: what is compiled with them is as old as they are."""
    return "".join(path.read_text() for path in sorted(INCLUDE.rglob("*.hpp")))
