"""One cgroup a jail, where they can be had: for memory and processes, of version 1 or 2."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "kernel-runner-"
MEMORY_AND_SWAP, NO_SWAP = SWAP = "memory.memsw.limit_in_bytes", "memory.swap.max"
# The files that limit, by controller and version.
LIMITS = {
    ("memory", 1): ("memory.limit_in_bytes", MEMORY_AND_SWAP),
    ("memory", 2): ("memory.max", NO_SWAP),
    ("pids", 1): ("pids.max",),
    ("pids", 2): ("pids.max",),
}
KILLED = {1: "memory.oom_control", 2: "memory.events"}  # where it is counted what was killed


class CgroupMissing(Exception):
    """A controller cannot be had here."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where cgroups with a controller can be made, and by which version's rules."""

    controller: str
    version: int
    folder: Path


class Cgroup:
    """The folders of one jail's cgroup, a controller each (one folder for all in version 2).

    wanted: a limit for each controller that there is to be: memory in bytes, pids as a count;
    None: no limit. Raises CgroupMissing, and then there are none.
    """

    def __init__(self, wanted: Mapping[str, int | None]) -> None:
        self._name = f"{PREFIX}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._folders: list[Path] = []
        self._memory: Path | None = None
        self._killed = 0
        try:
            for controller, limit in wanted.items():
                place = find_place(controller)
                sweep(place.folder)
                folder = self._make(place)
                if controller == "memory":
                    self._memory = folder / KILLED[place.version]
                if limit is not None:
                    for name in LIMITS[controller, place.version]:
                        write(folder / name, limit)
        except OSError as error:
            self.remove()
            raise CgroupMissing(f"a cgroup cannot be made: {error}") from error
        except CgroupMissing:
            self.remove()
            raise

    def open(self) -> list[int]:
        """Descriptors of the files by which a process joins."""
        return [os.open(folder / "cgroup.procs", os.O_WRONLY) for folder in self._folders]

    def pids(self) -> list[int]:
        """The ids of the processes that are in them and run."""
        return [int(pid) for pid in (self._folders[-1] / "cgroup.procs").read_text().split()]

    def has_killed(self) -> bool:
        """Whether a process was killed, since this was asked last, for want of memory."""
        before = self._killed
        if self._memory is not None:
            with contextlib.suppress(OSError, ValueError):
                for line in self._memory.read_text().splitlines():
                    key, _, value = line.partition(" ")
                    self._killed = int(value) if key == "oom_kill" else self._killed
        return self._killed > before

    def remove(self) -> None:
        """Remove them, and those within them; all that was in them has ended."""
        while self._folders:
            remove(self._folders.pop())

    def _make(self, place: Place) -> Path:
        folder = place.folder / self._name
        if folder not in self._folders:
            folder.mkdir()
            self._folders.append(folder)
        return folder


def write(file: Path, limit: int) -> None:
    """Write a limit. Raises OSError, but not for swap, which not every machine counts."""
    try:
        file.write_text(str(0 if file.name == NO_SWAP else limit))
    except OSError:
        if file.name not in SWAP:
            raise


def remove(folder: Path) -> None:
    """Remove a cgroup that nothing is in any more, and those within it."""
    with contextlib.suppress(OSError):
        for within in folder.iterdir():
            if within.is_dir():
                remove(within)
        folder.rmdir()


def sweep(folder: Path) -> None:
    """Remove the cgroups of kernels that were killed before they could do it."""
    for left in folder.glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if not os.path.exists(f"/proc/{owner}"):
            remove(left)


def find_place(controller: str) -> Place:
    """Where a controller's cgroups can be made. Raises CgroupMissing."""
    for place in places(controller):
        if os.access(place.folder, os.W_OK) and is_writable(place.folder):
            return place
    raise CgroupMissing(f"the cgroup controller {controller} is not there for us")


def is_writable(folder: Path) -> bool:
    """Whether the file system that cgroups are in is mounted for writing."""
    return not os.statvfs(folder).f_flag & os.ST_RDONLY


def places(controller: str) -> Iterator[Place]:
    """The folders of a controller that we are in: ours, or in version 2 the one above it.

    There a cgroup that has processes can't have cgroups with controllers.
    """
    own: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        own |= {name: path.lstrip("/") for name in controllers.split(",")}
    for version, root, options in mounts():
        if version == 1 and controller in options and controller in own:
            yield Place(controller, 1, root / own[controller])
        elif version == 2 and "" in own:
            folder = root / own[""]
            for above in (folder, folder.parent):
                with contextlib.suppress(OSError):
                    if controller in (above / "cgroup.subtree_control").read_text().split():
                        yield Place(controller, 2, above)


def mounts() -> Iterator[tuple[int, Path, list[str]]]:
    """Where cgroups are mounted: the version, the folder, and the mount's options."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, folder, kind, options, *_ = line.split()
        if kind == "cgroup":
            yield 1, Path(folder), options.split(",")
        elif kind == "cgroup2":
            yield 2, Path(folder), []
