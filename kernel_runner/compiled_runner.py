"""Runners of compiled languages: a cell is a whole program, compiled and run."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from traitlets import List, Unicode

from kernel_runner.batch import BatchError, build_with, clean_with, say
from kernel_runner.console import CellError
from kernel_runner.language import program_identity
from kernel_runner.native.cache import PROGRAM, BuildCache, Built
from kernel_runner.runner import BaseRunner

BUILD_FAILED = 1
ALWAYS_COLOURS = "-fdiagnostics-color=always"
COLOURS = re.compile(r"\x1b\[[0-9;]*[mK]")


class CompiledRunner(BaseRunner):
    """Compiles a cell's program, unless the cache has it, and runs it.

    compile_arguments: what follows the compiler's command, word by word; {flags}, {sources},
    {libraries} and {program} stand for what they name, and {folder} for the notebook's.
    project_program: the name of what a project without a build script is compiled to.
    """

    compile_arguments: ClassVar[tuple[str, ...]]
    project_program: ClassVar[str] = "main"

    flags = List(Unicode(), help="The compiler's switches.").tag(config=True)
    libraries = List(Unicode(), help="Libraries to link with.").tag(config=True)

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.cache = BuildCache()
        self._more_flags: list[str] = []

    @property
    def excluded_commands(self) -> frozenset[str]:
        """%flags is a command here."""
        return self.language.excluded

    def set_flags(self, flags: str) -> None:
        """Use these switches, beside the configured ones, for later cells."""
        self._more_flags = shlex.split(flags)

    def show_flags(self) -> list[str]:
        """The switches in use."""
        return [*self.flags, *self._more_flags]

    def batch_flags(self) -> list[str]:
        """The switches for a build; in the foreground the compiler sees for itself where it is."""
        flags = self.show_flags()
        return [flag for flag in flags if flag != ALWAYS_COLOURS] if self.foreground else flags

    async def query(self, code_text: str) -> int:
        """Compile the cell and run it."""
        self.syntax.remember(code_text)
        built = await self.compile_cell(code_text, self.show_flags(), self.libraries)
        if built is None:
            return BUILD_FAILED
        if built.log:
            self.console.stream("stderr", built.log)
        exit = await self.run_program([str(built.program), *self.arguments])
        return self.tell(exit, "The program")

    async def compile_cell(
        self, code: str, flags: Sequence[str], libraries: Sequence[str]
    ) -> Built | None:
        """The cell's program, from the cache where it is there; None when it did not compile."""
        command = self.command()
        arguments = self.fill(flags, ["{cell}"], libraries, "{program}")
        key = self.cache.key([code, *command, *arguments, program_identity(command[0])])
        built = self.cache.find(key)
        self.receipt.cache_hit = built is not None
        if built is not None:
            return built
        draft = self.cache.draft()
        try:
            log = await self._compile_into(draft, code, command, flags, libraries)
        except BaseException:
            self.cache.discard(draft)
            raise
        if log is None:
            self.cache.discard(draft)
            return None
        return self.cache.store(key, draft, log)

    def fill(
        self, flags: Sequence[str], sources: Sequence[str], libraries: Sequence[str], program: str
    ) -> list[str]:
        """The compiler's arguments with everything put in."""
        lists = {"{flags}": flags, "{sources}": sources, "{libraries}": libraries}
        words: list[str] = []
        for word in self.compile_arguments:
            if word in lists:
                words += lists[word]
            else:
                words.append(word.replace("{program}", program).replace("{folder}", self.cwd))
        return [self._from_here(word) for word in words]

    async def build_heuristic(self) -> int:
        """Build as the project says, else compile all its sources into one program."""
        system = self.build_system
        if system is not None:
            return await build_with(self, system)
        sources = self.project_sources()
        say(self, f"no build script: compiling {' '.join(sources)} to {self.built.name}")
        arguments = self.fill(self.batch_flags(), sources, self.libraries, str(self.built))
        exit = await self.run_program([*self.command(), *arguments])
        return self.tell(exit, "The compiler", "BuildFailed")

    async def clean_heuristic(self) -> int:
        """Clean as the project says, else remove the program that build_heuristic makes."""
        system = self.build_system
        if system is not None:
            return await clean_with(self, system)
        say(self, f"no build script: removing {self.built.name}")
        self.built.unlink(missing_ok=True)
        return 0

    async def execute_heuristic(self) -> int:
        """Run the program that was built."""
        if not self.built.exists():
            raise BatchError(f"Nothing to run: the build has left no {self.built.name}.")
        exit = await self.run_program([str(self.built), *self.arguments])
        return self.tell(exit, "The program")

    @property
    def built(self) -> Path:
        """The program that build_heuristic makes; a single file's is kept out of its folder."""
        if self.main:
            return self.spawner.run_directory / Path(self.main).stem
        return Path(self.cwd, self.project_program)

    def project_sources(self) -> list[str]:
        """The sources in the current directory. Raises BatchError when there are none."""
        if self.main:
            return [self.main]
        suffix = self.language.suffix
        sources = sorted(path.name for path in Path(self.cwd).glob(f"*{suffix}"))
        if not sources:
            raise BatchError(f"Nothing to build: there is no {suffix} file in {self.cwd}.")
        return sources

    async def _compile_into(
        self,
        draft: Path,
        code: str,
        command: Sequence[str],
        flags: Sequence[str],
        libraries: Sequence[str],
    ) -> bytes | None:
        """Compile; the compiler's log, or None when it failed (and the console knows)."""
        # Compiled from its own folder under its own name, messages read `In[3]:2:13`.
        name = f"In[{self.count}]"
        source = self.spawner.run_directory / name
        source.write_text(code, encoding="utf-8", errors="surrogateescape")
        arguments = self.fill(flags, [name], libraries, str(draft / PROGRAM))
        started = time.monotonic()
        exit, log = await self.capture([*command, *arguments], str(self.spawner.run_directory))
        self.receipt.compile_seconds = time.monotonic() - started
        if exit.code == 0:
            return log
        text = log.decode("utf-8", "replace")
        self.console.error(CellError("BuildFailed", first_error(text), text.splitlines()))
        return None

    def _from_here(self, word: str) -> str:
        """A switch with a relative path, seen from where the compiler runs."""
        for prefix in ("-I", "-L"):
            path = word.removeprefix(prefix)
            if path and path != word and not path.startswith("/"):
                return f"{prefix}{Path(self.cwd, path)}"
        return word


def first_error(log: str) -> str:
    """The line of a compiler's log that says what went wrong first."""
    lines = [COLOURS.sub("", line).strip() for line in log.splitlines()]
    errors = [line for line in lines if "error" in line.lower() or "undefined reference" in line]
    return next(iter([*errors, *lines]), "The compiler failed without a word.")
