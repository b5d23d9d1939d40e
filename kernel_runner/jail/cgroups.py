"""One cgroup a jail, where they can be had: for memory and processes, of version 1 or 2."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# By version and controller: the files that limit, and the file and key that count what was killed.
MEMORY = {1: ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"), 2: ("memory.max",)}
NO_SWAP = "memory.swap.max"
PROCESSES = "pids.max"
KILLED = {1: "memory.oom_control", 2: "memory.events"}


class CgroupMissing(Exception):
    """A controller cannot be had here."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where cgroups with a controller can be made, and by which version's rules."""

    controller: str
    version: int
    folder: Path


class Cgroup:
    """The folders of one jail's cgroup, a controller each (one folder for all in version 2)."""

    def __init__(self, memory: int | None, processes: int | None) -> None:
        """Make them. Raises CgroupMissing, and then there are none."""
        self._name = f"kernel-runner-{uuid.uuid4().hex[:12]}"
        self._folders: list[Path] = []
        self._memory: Place | None = None
        self._killed = 0
        try:
            if memory is not None:
                self._memory = place = find_place("memory")
                folder = self._make(place)
                for name in MEMORY[place.version]:
                    write(folder / name, memory, optional="memsw" in name)
                if place.version == 2:
                    write(folder / NO_SWAP, 0, optional=True)
            if processes is not None:
                write(self._make(find_place("pids")) / PROCESSES, processes)
        except OSError as error:
            self.remove()
            raise CgroupMissing(f"a cgroup cannot be made: {error}") from error
        except CgroupMissing:
            self.remove()
            raise

    def open(self) -> list[int]:
        """Descriptors of the files by which a process joins."""
        return [os.open(folder / "cgroup.procs", os.O_WRONLY) for folder in self._folders]

    def has_killed(self) -> bool:
        """Whether a process was killed, since this was asked last, for want of memory."""
        if self._memory is None:
            return False
        folder = self._memory.folder / self._name
        before = self._killed
        with contextlib.suppress(OSError, ValueError):
            for line in (folder / KILLED[self._memory.version]).read_text().splitlines():
                key, _, value = line.partition(" ")
                if key == "oom_kill":
                    self._killed = int(value)
        return self._killed > before

    def remove(self) -> None:
        """Remove them; all that was in them has ended."""
        while self._folders:
            with contextlib.suppress(OSError):
                self._folders.pop().rmdir()

    def _make(self, place: Place) -> Path:
        folder = place.folder / self._name
        if folder not in self._folders:
            folder.mkdir()
            self._folders.append(folder)
        return folder


def write(file: Path, value: int, optional: bool = False) -> None:
    """Write a limit. Raises OSError, unless it is optional."""
    try:
        file.write_text(str(value))
    except OSError:
        if not optional:
            raise


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
