"""Runners of compiled languages: a cell is a whole program, compiled and run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from traitlets import List, Unicode

from kernel_runner.batch import BatchError, source_files
from kernel_runner.console import CellError
from kernel_runner.language import program_identity
from kernel_runner.native.cache import PROGRAM, BuildCache, Built
from kernel_runner.plain_build import NEVER, SURE, Plan, Step, build_folder, choose_main
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

    For a project without a build script there are besides
    build_arguments: in place of compile_arguments. A word with {folder} is there once for each
    folder with sources; {noted} is the file that the compiler writes for make.
    project_program: the name of what is built. more_suffixes: of sources that the compiler takes
    beside the language's own; included_suffixes: of what is read besides. main_pattern: what a
    main source has in it.
    finds_sources: whether the compiler finds the other sources from the main one.
    """

    compile_arguments: ClassVar[tuple[str, ...]]
    build_arguments: ClassVar[tuple[str, ...]] = ()
    included_suffixes: ClassVar[tuple[str, ...]] = ()
    main_pattern: ClassVar[str] = ""
    finds_sources: ClassVar[bool] = False
    colour_flags: ClassVar[tuple[str, ...]] = ("-fdiagnostics-color=always",)
    project_program: ClassVar[str] = "main"
    more_suffixes: ClassVar[tuple[str, ...]] = ()
    runs_built = True

    flags = List(Unicode(), help="The compiler's switches.").tag(config=True)
    libraries = List(Unicode(), help="Libraries to link with.").tag(config=True)

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.cache = BuildCache(self.spawner.cache_directory)
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
        folders: Sequence[str] = (),
    ) -> list[str]:
        """A compiler's arguments with everything put in."""
        lists = {"{flags}": flags, "{sources}": sources, "{libraries}": libraries}
        words: list[str] = []
        for word in arguments:
            if word in lists:
                words += lists[word]
            else:
                filled = word.replace("{program}", program).replace("{scratch}", scratch)
                each = folders if "{folder}" in word and folders else [self.cwd]
                words += [filled.replace("{folder}", folder) for folder in each]
        return [self._from_here(word) for word in words]

    def plan(self) -> Plan:
        """One call of the compiler, for all the sources. Raises BatchError and SpawnError."""
        sources = self.project_sources()
        folder = build_folder(self)
        noted = str(folder / "noted.d")
        scratch = self.empty_scratch() if self.main else str(folder / "scratch")

        def words(flags: Sequence[str], scratch: str) -> list[str]:
            template = self.build_arguments or self.compile_arguments
            folders = [self.cwd, *self.source_folders(sources)]
            filled = self.fill(
                template, flags, sources, self.libraries, str(self.built), scratch, folders
            )
            return [word.replace("{noted}", noted) for word in filled]

        key = [*self.compiler_identity(), *words(self.neutral_flags(), "")]
        inputs = [*sources, *self.other_inputs(sources)]
        argv = [*self.project_compiler(), *words(self.batch_flags(), scratch)]
        return Plan([[Step(str(self.built), argv, key, inputs, noted, scratch)]])

    def project_compiler(self) -> list[str]:
        """The compiler's command, for a project. Raises SpawnError."""
        return self.command()

    def compiler_identity(self) -> list[str]:
        """What tells this compiler from others. Raises SpawnError."""
        program, *arguments = self.project_compiler()
        return [program_identity(program), *arguments]

    def object_flags(self) -> list[str]:
        """The switches for compilers that run together: they see no terminal, but we do."""
        from kernel_runner.process.foreground import Foreground

        if isinstance(self.foreground, Foreground) and os.isatty(2):
            return self.show_flags()
        return self.batch_flags()

    def neutral_flags(self) -> list[str]:
        """The switches for a build that decide what comes of it."""
        return [flag for flag in self.batch_flags() if flag not in self.colour_flags]

    def source_folders(self, sources: Sequence[str]) -> list[str]:
        """The folders, below the project's, that sources lie in."""
        beside = self.other_inputs(sources) if self.finds_sources else []
        places = {os.path.dirname(source) for source in [*sources, *beside]} - {""}
        return sorted(os.path.join(self.cwd, place) for place in places)

    def other_inputs(self, sources: Sequence[str]) -> list[str]:
        """What a compiler may read beside these sources."""
        suffixes = list(self.included_suffixes)
        if self.finds_sources:
            suffixes += self.suffixes
        if not suffixes:
            return []
        place = os.path.dirname(self.main)
        found = source_files(os.path.join(self.cwd, place), suffixes)
        return [path for name in found if (path := os.path.join(place, name)) not in sources]

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Those of the sources."""
        return (self.language.suffix, *self.more_suffixes)

    async def execute_main(self) -> int:
        """Run the program that was built."""
        if not self.built.exists():
            raise BatchError(f"Nothing to run: the build has left no {self.built.name}.")
        exit = await self.run_program(self.program_command(self.built))
        return self.tell(exit, "The program")

    @property
    def built(self) -> Path:
        """The program that a build makes; a single file's is kept out of its folder."""
        if self.main:
            return build_folder(self) / Path(self.main).stem
        return Path(self.cwd, self.project_program)

    def project_sources(self) -> list[str]:
        """The main source, and the others where the compiler needs to be told of them.

        Raises BatchError where there are none, or where several could be the main one.
        """
        if self.main:
            return [self.main]
        suffix = self.language.suffix
        sources = source_files(self.cwd, self.suffixes)
        if not sources:
            raise BatchError(f"Nothing to build: there is no {suffix} file in {self.cwd}.")
        main, others = choose_main(self.cwd, sources, suffix, self.main_rank, self.main_names)
        if main:
            return [main] if self.finds_sources else [main, *others]
        return self.sources_without_main(sources)

    def sources_without_main(self, sources: list[str]) -> list[str]:
        """What to compile where no source is told for the main one. Raises BatchError."""
        if len(sources) == 1 or not (self.main_pattern or self.finds_sources):
            return sources  # the compiler knows
        what = "no" if self.main_pattern else f"no main{self.language.suffix}, and no"
        raise BatchError(f"Nothing to build: {what} source has a main program in it.")

    def main_rank(self, text: str) -> int:
        """How surely a source is the main one; see choose_main."""
        return SURE if self.main_pattern and re.search(self.main_pattern, text) else NEVER

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
