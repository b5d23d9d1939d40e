"""Batch mode: clean, build and run a project, by command or by heuristic."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from kernel_runner.build_systems import BuildSystem
    from kernel_runner.runner import BaseRunner

# Folders of packages that others have written, and of what was built.
OTHERS = {"node_modules", "vendor", "site-packages", "build", "target", "bin", "dist", "blib"}


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


async def take(runner: BaseRunner, step: str) -> int | None:
    """Clean, build or run as the project's build system does it; the exit code.

    The first one that has something to do is used; None where there is none.
    Raises BatchError, ToolchainMissing and SpawnError.
    """
    with project_environment(runner, running=False):
        return await _take(runner, step)


async def _take(runner: BaseRunner, step: str) -> int | None:
    systems = runner.build_systems
    if not systems:
        return None
    from kernel_runner.build_systems import ProjectError, command

    for system in systems:
        try:
            words = command(getattr(system, step), Path(runner.cwd))
        except ProjectError as error:
            raise BatchError(str(error)) from error
        if words:
            require(runner, system)
            if step == "run":
                shell = ["/bin/sh", "-c", f"exec {words}", "sh", *runner.arguments]
                return runner.tell(await runner.run_program(shell), "The program")
            say(runner, f"{system.name}: {words}")
            failure = "BuildFailed" if step == "build" else "ExitCode"
            # stdout is for the program alone.
            return await runner.shell(f"exec >&2; {words}", failure, input=False)
    return None


def require(runner: BaseRunner, system: BuildSystem) -> None:
    """See that a build system's tool is there. Raises ToolchainMissing."""
    from kernel_runner.runner import ToolchainMissing

    if shutil.which(system.tool[0], path=runner.env.get("PATH")) is None:
        raise ToolchainMissing(system.missing())


async def execute(runner: BaseRunner) -> int:
    """Run a project's program, as its build system does it, or else the language; the exit code.

    Raises BatchError, ToolchainMissing and SpawnError.
    """
    with project_environment(runner, running=True):
        code = await _take(runner, "run")
        if code is not None:
            return code
        program = find_built(runner) if runner.runs_built else None
        if program is None:
            return await runner.execute_main()
        say(runner, f"running {program.relative_to(runner.cwd)}")
        exit = await runner.run_program([str(program), *runner.arguments])
        return runner.tell(exit, "The program")


@contextmanager
def project_environment(runner: BaseRunner, running: bool) -> Iterator[None]:
    """While in this context, programs get what the project needs.

    running: the variables that the build systems name for its program are set, too.
    A toolchain that is not on the PATH, but beside our own interpreter, is found there.
    """
    own = runner.env
    more = {
        name: text.replace("{folder}", runner.cwd)
        for system in runner.build_systems
        for name, text in system.variables
        if running
    }
    found = runner.toolchain.find(runner.executable)
    if found is not None:
        more["PATH"] = f"{own.get('PATH', os.defpath)}:{os.path.dirname(found[0])}"
    runner.env = {**own, **more}
    try:
        yield
    finally:
        runner.env = own


@contextmanager
def shown(runner: BaseRunner) -> Iterator[None]:
    """While in this context, programs are build tools, and shown as such.

    In a terminal they have it to themselves, and do so of their own accord.
    """
    console, env = runner.console, runner.env
    if runner.foreground is not None or not console.overwrites:
        yield
        return
    from kernel_runner.build_log import VARIABLES, BuildConsole

    runner.console = log = BuildConsole(console, runner.cwd, os.getcwd())
    runner.env = {**VARIABLES, **env}
    try:
        yield
    finally:
        log.finish()
        runner.console, runner.env = console, env


def find_built(runner: BaseRunner) -> Path | None:
    """The program that the project's build system has built, if there is any."""
    found = (system.find_program(Path(runner.cwd)) for system in runner.build_systems)
    return next((program for program in found if program is not None), None)


def source_files(folder: str, suffixes: Sequence[str]) -> list[str]:
    """The sources in a folder and below it, as seen from there; sorted, the nearest first.

    Hidden folders are left out, and those where packages of others lie.
    """
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] != "." and name not in OTHERS]
        here = os.path.relpath(place, folder)
        found += [
            os.path.normpath(os.path.join(here, name))
            for name in names
            if name.endswith(tuple(suffixes)) and name[0] != "."
        ]
    return sorted(found, key=lambda name: (name.count("/"), name))


def find_mains(
    folder: str, sources: Sequence[str], names: Sequence[str], pattern: str
) -> list[str]:
    """Which of these sources could be the main one: by their names, else by what is in them.

    Raises BatchError.
    """
    named = [source for source in sources if os.path.basename(source) in names]
    if len(named) == 1:
        return named
    return [source for source in sources if re.search(pattern, read(Path(folder, source)))]


def read(path: Path) -> str:
    """A source's text. Raises BatchError."""
    with opened(path) as file:
        return file.read().decode("utf-8", "replace")


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A source that can be read. Raises BatchError."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise BatchError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield file


def say(runner: BaseRunner, sentence: str) -> None:
    """Tell on stderr which way was chosen."""
    runner.console.stream("stderr", f"[{sentence}]\n".encode("utf-8", "replace"))
