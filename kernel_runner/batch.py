"""Batch mode: clean, build and run a project, by command or by heuristic."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kernel_runner.runner import BaseRunner


class BatchError(ValueError):
    """A batch request that makes no sense; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What to do: '' skips a step, '*' asks for the heuristic, all else is a shell command."""

    clean: str = ""
    build: str = ""
    exec: str = ""
    args: list[str] = field(default_factory=list)

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> Batch:
        """From a message's metadata. Raises BatchError."""
        known = {"clean": "", "build": "", "exec": "", "args": []}
        for name, value in metadata.items():
            if name not in known:
                raise BatchError(f"A batch request has clean, build, exec and args, not {name!r}.")
            if name == "args":
                if not isinstance(value, list) or not all(isinstance(a, str) for a in value):
                    raise BatchError("args must be a list of strings.")
            elif not isinstance(value, str):
                raise BatchError(f"{name} must be a string: '', '*' or a shell command.")
        return cls(**{**known, **metadata})


@dataclass(frozen=True, slots=True)
class BuildSystem:
    """A known way of building: the file that tells it, and its commands."""

    name: str
    files: tuple[str, ...]
    build: str
    clean: str


BUILD_SYSTEMS = (
    BuildSystem("make", ("Makefile", "makefile", "GNUmakefile"), "make", "make clean"),
)


def find_build_system(directory: str) -> BuildSystem | None:
    """The first build system whose file is there."""
    for system in BUILD_SYSTEMS:
        if any(os.path.exists(os.path.join(directory, name)) for name in system.files):
            return system
    return None


async def build_with(runner: BaseRunner, system: BuildSystem | None) -> int:
    """Build with a build system; where there is none there is nothing to build."""
    if system is None:
        say(runner, "nothing to build")
        return 0
    say(runner, f"{system.name}: {system.build}")
    return await runner.shell(system.build, "BuildFailed")


async def clean_with(runner: BaseRunner, system: BuildSystem | None) -> int:
    """Clean with a build system; where there is none there is nothing to clean."""
    if system is None:
        say(runner, "nothing to clean")
        return 0
    say(runner, f"{system.name}: {system.clean}")
    return await runner.shell(system.clean)


def say(runner: BaseRunner, sentence: str) -> None:
    """Tell on stderr which way was chosen."""
    runner.console.stream("stderr", f"[{sentence}]\n".encode())
