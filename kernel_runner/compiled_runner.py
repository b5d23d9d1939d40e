"""Runners of compiled languages: a cell is a whole program, compiled and run."""

from __future__ import annotations

import re
import shlex
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from traitlets import List, Unicode

from kernel_runner.batch import BatchError, say, take
from kernel_runner.console import CellError
from kernel_runner.language import program_identity
from kernel_runner.native.cache import PROGRAM, BuildCache, Built
from kernel_runner.runner import BaseRunner

if TYPE_CHECKING:
    from kernel_runner.export import Project

BUILD_FAILED = 1
SCRATCH = "scratch"
COLOURS = re.compile(r"\x1b\[[0-9;]*[mK]")


class CompileError(Exception):
    """The compiler has refused a cell; log is what it said."""

    def __init__(self, log: bytes) -> None:
        super().__init__("the compiler failed")
        self.log = log

    def as_cell_error(self) -> CellError:
        """As the console is told."""
        text = self.log.decode("utf-8", "replace")
        return CellError("BuildFailed", first_error(text), text.splitlines())


class CompiledRunner(BaseRunner):
    """Compiles a cell's program, unless the cache has it, and runs it.

    compile_arguments: what follows the compiler's command, word by word; {flags}, {sources},
    {libraries} and {program} stand for what they name, {folder} for the notebook's, and
    {scratch} for an empty one, which takes what a compiler leaves beside the program.
    colour_flags: those of the flags that ask for colours wherever the output goes to.
    project_program: the name of what a project without a build script is compiled to.
    more_suffixes: of sources that the compiler takes beside the language's own.
    """

    compile_arguments: ClassVar[tuple[str, ...]]
    colour_flags: ClassVar[tuple[str, ...]] = ("-fdiagnostics-color=always",)
    project_program: ClassVar[str] = "main"
    more_suffixes: ClassVar[tuple[str, ...]] = ()
    runs_built = True

    flags = List(Unicode(), help="The compiler's switches.").tag(config=True)
    libraries = List(Unicode(), help="Libraries to link with.").tag(config=True)

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.cache = BuildCache()
        self._more_flags: list[str] = []
        self.programs: dict[str, int] = {}  # that have run without an error, and when last

    @property
    def excluded_commands(self) -> frozenset[str]:
        """%flags and %export are commands here."""
        return super().excluded_commands - {"%flags", "%export"}

    def set_flags(self, flags: str) -> None:
        """Use these switches, beside the configured ones, for later cells."""
        self._more_flags = shlex.split(flags)

    def show_flags(self) -> list[str]:
        """The switches in use."""
        return [*self.flags, *self._more_flags]

    def batch_flags(self) -> list[str]:
        """The switches for a build; in the foreground the compiler sees for itself where it is."""
        flags = self.show_flags()
        if self.foreground:
            return [flag for flag in flags if flag not in self.colour_flags]
        return flags

    async def query(self, code_text: str) -> int:
        """Compile the cell and run it."""
        self.syntax.remember(code_text)
        try:
            built = await self.compile_cell(code_text, self.show_flags(), self.libraries)
        except CompileError as failure:
            self.tell_of(failure)
            return BUILD_FAILED
        if built.log:
            self.console.stream("stderr", built.log)
        exit = await self.run_program(self.program_command(built.program))
        code = self.tell(exit, "The program")
        if code == 0:
            self.programs.pop(code_text, None)
            self.programs[code_text] = self.count
        return code

    async def reset(self) -> None:
        """Forget the cells that have run."""
        self.programs.clear()

    def export(self, folder: Path) -> Project:
        """Each cell that was a whole program is one of its own, in a folder of its own if there are
        several. Raises ExportError."""
        from kernel_runner.export import ExportError, Project

        project = Project()
        self.export_session(project, folder)
        alone = not project.files and len(self.programs) == 1
        for code, count in self.programs.items():
            place = "" if alone else f"cell_{count}/"
            files = self.export_program(code, folder / place)
            project.files |= {f"{place}{name}": text for name, text in files.items()}
        if not project.files:
            raise ExportError("There is nothing to export: no cell has run without an error yet.")
        return project

    def export_session(self, project: Project, folder: Path) -> None:
        """Add what cells that are no programs come to; here there are none."""

    def export_program(self, code: str, folder: Path) -> dict[str, str]:
        """The files of a project for a cell that is a program."""
        return {f"main{self.language.suffix}": code.strip("\n") + "\n"}

    def program_command(self, program: Path) -> list[str]:
        """What runs a program that was built, with its arguments."""
        return [str(program), *self.arguments]

    async def compile_cell(
        self, code: str, flags: Sequence[str], libraries: Sequence[str]
    ) -> Built:
        """The cell's program, from the cache where it is there. Raises CompileError."""
        # Compiled from its own folder under its own name, messages read `In[3]:2:13`.
        return await self.compile(code, self.cell_name, self.compile_arguments, flags, libraries)

    @property
    def cell_name(self) -> str:
        """The name of the file that the current cell is in, as messages show it."""
        return f"In[{self.count}]"

    async def compile(
        self,
        source: str,
        name: str,
        arguments: Sequence[str],
        flags: Sequence[str],
        libraries: Sequence[str],
        named: bool = False,
    ) -> Built:
        """What the compiler makes of a source, in a file called ``name``, by these arguments.

        From the cache where it is there; named: only what was made under that name, since the
        program tells it. Raises CompileError.
        """
        command = self.command()
        sources = [name if named else "{cell}"]
        neutral = self.fill(arguments, flags, sources, libraries, "{program}", "{scratch}")
        key = self.cache.key([source, *command, *neutral, program_identity(command[0])])
        built = self.cache.find(key)
        self.receipt.cache_hit = built is not None
        if built is not None:
            return built
        draft = self.cache.draft()
        try:
            folder = self.spawner.run_directory
            (folder / name).write_text(source, encoding="utf-8", errors="surrogateescape")
            program, scratch = str(draft / PROGRAM), self.empty_scratch()
            words = self.fill(arguments, flags, [name], libraries, program, scratch)
            started = time.monotonic()
            exit, log = await self.capture([*command, *words], str(folder))
            self.receipt.compile_seconds = time.monotonic() - started
            if exit.code != 0:
                raise CompileError(log)
        except BaseException:
            self.cache.discard(draft)
            raise
        return self.cache.store(key, draft, log)

    def empty_scratch(self) -> str:
        """The folder for what compilers leave, without what the last one left. Raises OSError."""
        folder = self.spawner.run_directory / SCRATCH
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return str(folder)

    def tell_of(self, failure: CompileError) -> None:
        """Tell the console that a compilation failed."""
        self.console.error(failure.as_cell_error())

    def fill(
        self,
        arguments: Sequence[str],
        flags: Sequence[str],
        sources: Sequence[str],
        libraries: Sequence[str],
        program: str,
        scratch: str,
    ) -> list[str]:
        """A compiler's arguments with everything put in."""
        lists = {"{flags}": flags, "{sources}": sources, "{libraries}": libraries}
        words: list[str] = []
        for word in arguments:
            if word in lists:
                words += lists[word]
            else:
                filled = word.replace("{program}", program).replace("{scratch}", scratch)
                words.append(filled.replace("{folder}", self.cwd))
        return [self._from_here(word) for word in words]

    async def build_heuristic(self) -> int:
        """Build as the project says, else compile all its sources into one program."""
        code = await take(self, "build")
        if code is not None:
            return code
        sources = self.project_sources()
        say(self, f"no build script: compiling {' '.join(sources)} to {self.built.name}")
        program, scratch = str(self.built), self.empty_scratch()
        flags, libraries = self.batch_flags(), self.libraries
        words = self.fill(self.compile_arguments, flags, sources, libraries, program, scratch)
        exit = await self.run_program([*self.command(), *words])
        return self.tell(exit, "The compiler", "BuildFailed")

    async def clean_heuristic(self) -> int:
        """Clean as the project says, else remove the program that build_heuristic makes."""
        code = await take(self, "clean")
        if code is not None:
            return code
        say(self, f"no build script: removing {self.built.name}")
        self.built.unlink(missing_ok=True)
        return 0

    async def execute_main(self) -> int:
        """Run the program that was built."""
        if not self.built.exists():
            raise BatchError(f"Nothing to run: the build has left no {self.built.name}.")
        exit = await self.run_program(self.program_command(self.built))
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
        suffixes = {suffix, *self.more_suffixes}
        sources = sorted(
            path.name for path in Path(self.cwd).glob("*.*") if path.suffix in suffixes
        )
        if not sources:
            raise BatchError(f"Nothing to build: there is no {suffix} file in {self.cwd}.")
        return sources

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
