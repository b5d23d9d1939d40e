"""The build cache: what was compiled once need not be compiled again, by any kernel of a user.

Kernels whose programs are in a jail have one of their own each: the programs can write it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kernel_runner.homes import writable

LARGEST = 1 << 30
BETWEEN_PRUNINGS = 3600  # seconds; a look at every file costs more than a small compilation
PROGRAM, LOG = "program", "log"
PRUNED = ".pruned"  # a file that is as old as the last pruning


@dataclass(frozen=True, slots=True)
class Built:
    """A program, and what its compiler said on the way (warnings)."""

    program: Path
    log: bytes


class BuildCache:
    """A directory with a folder a build, named by the digest of all that went into it.

    A build is made in a folder of its own and renamed into place, so that kernels never see
    half of one, whoever is first. The oldest unused ones go when there are more than LARGEST
    bytes. Where nothing can be written there, it lasts as long as we run.
    """

    def __init__(self, directory: Path | None = None) -> None:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self.directory = directory or home / "kernel_runner" / "build"

    @staticmethod
    def key(parts: Iterable[str]) -> str:
        """The digest of source, command, compiler and whatever else decides what is built."""
        digest = hashlib.sha256()
        for part in parts:
            raw = part.encode("utf-8", "surrogatepass")
            digest.update(f"{len(raw)}:".encode() + raw)
        return digest.hexdigest()

    def find(self, key: str) -> Built | None:
        """The build under this key."""
        folder = self.directory / key
        with contextlib.suppress(OSError):
            built = Built(folder / PROGRAM, (folder / LOG).read_bytes())
            if built.program.exists():
                os.utime(folder)
                return built
        return None

    def draft(self) -> Path:
        """A new folder to build into; store() or discard() it. Raises OSError."""
        self.directory = writable(self.directory)
        return Path(tempfile.mkdtemp(prefix="draft-", dir=self.directory))

    def store(self, key: str, draft: Path, log: bytes) -> Built:
        """Keep a build that stands in ``draft / PROGRAM``."""
        (draft / LOG).write_bytes(log)
        folder = self.directory / key
        try:
            draft.rename(folder)
        except OSError:  # another kernel was quicker
            self.discard(draft)
        self.prune()
        return Built(folder / PROGRAM, log)

    @staticmethod
    def discard(draft: Path) -> None:
        """Drop a build that came to nothing."""
        shutil.rmtree(draft, ignore_errors=True)

    def prune(self) -> None:
        """Drop the oldest unused builds, where there are more than LARGEST bytes of them.

        Nothing is done where a kernel has looked not long ago.
        """
        stamp = self.directory / PRUNED
        with contextlib.suppress(FileNotFoundError):
            if abs(time.time() - stamp.stat().st_mtime) < BETWEEN_PRUNINGS:
                return
        with contextlib.suppress(OSError):
            stamp.touch()
        folders = []
        for folder in self.directory.iterdir():
            with contextlib.suppress(OSError):
                size = sum(file.stat().st_size for file in folder.rglob("*"))
                folders.append((folder.stat().st_mtime_ns, size, folder))
        total = sum(size for _, size, _ in folders)
        for _, size, folder in sorted(folders):
            if total <= LARGEST:
                return
            self.discard(folder)
            total -= size
