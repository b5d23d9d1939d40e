"""Rust: cells that remember, compiled by rustc."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.batch import shown
from kernel_runner.compiled_runner import BUILD_FAILED, CompiledRunner, CompileError
from kernel_runner.console import CellError
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.rust import naming
from kernel_runner.languages.rust.cells import RustCell, RustCells
from kernel_runner.languages.rust.commands import HELP, Given, answer_to, commands_of
from kernel_runner.languages.rust.dependencies import DependencyError, Project, requested, several
from kernel_runner.languages.rust.explaining import explained, useful
from kernel_runner.languages.rust.live import Crate
from kernel_runner.languages.rust.messages import messages_in
from kernel_runner.languages.rust.samples import SAMPLES
from kernel_runner.languages.rust.sources import check_files_of, with_digest
from kernel_runner.native.cache import Built
from kernel_runner.native.cells import Cell
from kernel_runner.native.native_runner import CELL_FILE, NativeRunner, ValuesConsole
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import ToolchainMissing, folder_of
from kernel_runner.session.kept import Kept, run_tool
from kernel_runner.session.session import Session

if TYPE_CHECKING:
    from kernel_runner.export import Project as Exported

KEYWORDS = (
    "as async await break const continue crate dyn else enum extern false fn for if impl in let "
    "loop match mod move mut pub ref return self Self static struct super trait true type union "
    "unsafe use where while"
)
RUNTIME = folder_of(__file__) / "runtime"
CARGO = Toolchain((("cargo",),), debian="cargo")
# rustc needs one as well, as its linker.
C_COMPILER = Toolchain((("cc",), ("gcc",), ("clang",)), debian="gcc libc6-dev")
LANGUAGE_SWITCHES = ("--edition=2021", "-Cprefer-dynamic", "--crate-type=dylib")
MESSAGES = ("--error-format=json", "--json=diagnostic-rendered-ansi")
LIBRARY = "libkernel_runner.so"


class RustRunner(NativeRunner):
    """Each cell is a crate of its own, which uses those of earlier cells."""

    language = Language(
        "rust",
        "Rust",
        suffix=".rs",
        mimetype="text/rust",
        comment="//",
        codemirror_mode="rust",
        pygments_lexer="rust",
        kernels=("rust", "evcxr"),
        spellings={":clear": "%reset"},
        excluded=frozenset({"!", "%dep"}),  # !true is Rust; dependencies need cargo's own words
    )
    toolchain = Toolchain((("rustc",),), debian="rustc cargo")
    grammar = Grammar(
        "tree_sitter_rust",
        keywords=tuple(KEYWORDS.split()),
        quotes=("'",),
        spans=('"', "*/", '"#'),
        wrap=("fn main() {", "}"),
    )
    samples = SAMPLES
    compile_arguments = (
        "--edition=2021", "--crate-name", "program", "--color=always", "{flags}", "{libraries}",
        "-o", "{program}", "{sources}",
    )  # fmt: skip
    build_arguments = (
        "--edition=2021", "--crate-name", "program", "--color=always", "{flags}", "{libraries}",
        "--emit=link={program},dep-info={noted}", "{sources}",
    )  # fmt: skip
    finds_sources = True
    main_pattern = r"(?m)^(?:pub\s+|async\s+)*fn\s+main\b"
    object_arguments = (
        *LANGUAGE_SWITCHES, *MESSAGES, "-Cdebuginfo=1", "{flags}", "{libraries}", "-o",
        "{program}", "{sources}",
    )  # fmt: skip
    flags = List(Unicode(), help="The compiler's switches.").tag(config=True)

    def __init__(self, *args: object, **traits: object) -> None:
        home = rustup_home()
        if home:
            os.environ["RUSTUP_HOME"] = home
        super().__init__(*args, **traits)
        self._level = "0"
        self._wanted: dict[str, str] = {}
        self._project: Project | None = None
        self._runtime = Path()
        self._libraries = ""
        self._rustc = ""

    @cached_property
    def cells(self) -> RustCells:
        """What understands Rust cells."""
        return RustCells()

    def command(self) -> list[str]:
        """The compiler itself, once the session has begun."""
        return [self._rustc] if self._rustc else super().command()

    def project_compiler(self) -> list[str]:
        """The one that a shell would find: rustup's looks for what the project asks for."""
        return super().command()

    def host_compiler(self) -> list[str]:
        """A compiler of C."""
        found = C_COMPILER.find()
        if found is None:
            raise ToolchainMissing(C_COMPILER.missing("Rust"))
        return found

    async def query(self, code_text: str) -> int:
        """Carry out the commands that the cell begins with, then run the rest of it."""
        given, rest = commands_of(code_text)
        asked = [command.argument for command in given if command.name == "dep"]
        wanted = [each for text in asked for each in several(text)]
        if wanted:
            code = await self._depend(wanted)
            if code:
                return code
        for command in given:
            code = await self._carry_out(command)
            if code:
                return code
        if given and not rest.strip():
            return 0
        if self.cells.is_program(rest):
            return await CompiledRunner.query(self, rest)
        code = await super().query(rest)
        self._tell_late()
        return code

    def export_session(self, project: Exported, folder: Path) -> None:
        """A package with what was asked for by :dep."""
        if self.ran:
            from kernel_runner.languages.rust.exporting import Source

            source = Source(self._wanted)
            for cell in self.ran:
                source.add(cell)
            project.files |= self._exported(source.text(), folder)
            project.notes += source.notes

    def export_program(self, code: str, folder: Path) -> dict[str, str]:
        """The cell, as a package."""
        return self._exported(code.strip("\n") + "\n", folder)

    def _exported(self, text: str, folder: Path) -> dict[str, str]:
        from kernel_runner.export import project_name
        from kernel_runner.languages.rust.exporting import manifest

        made = manifest(project_name(folder), self._wanted)
        return {"src/main.rs": text, "Cargo.toml": made}

    def _tell_late(self) -> None:
        for note in self.cells.late_notes:
            self.console.stream("stderr", f"[{note}]\n".encode())
        self.cells.late_notes.clear()

    def batch_flags(self) -> list[str]:
        """The switches for a build."""
        return [f"-Copt-level={self._level}", *super().batch_flags()]

    async def _start(self) -> Session:
        if self._session is not None:  # it has ended, between two cells
            self.cells.lose()
            self.ran.clear()
        asked = [*self.command(), "--print", "sysroot", "--print", "target-libdir"]
        code, answer = await run_tool(*asked)
        if code:
            raise SpawnError(f"rustc does not say where its libraries are: {answer}")
        system, self._libraries = answer.splitlines()[-2:]
        # rustup's rustc looks for the real one each time, which takes a while.
        real = Path(system, "bin", "rustc")
        self._rustc = str(real) if real.exists() else ""
        rustc = self.command()
        kept = Kept("rust", rustc[0], RUNTIME.glob("*.rs"))

        async def compile_runtime(draft: Path) -> None:
            words = [*LANGUAGE_SWITCHES, "-O", "--cap-lints=allow", "--crate-name", "kernel_runner"]
            soname = f"-Clink-arg=-Wl,-soname,{LIBRARY}"
            target = ["-o", str(draft / LIBRARY), str(RUNTIME / "lib.rs")]
            code, log = await run_tool(*rustc, *words, soname, *target)
            if code:
                raise SpawnError(f"What cells are compiled against does not compile here: {log}")

        await kept.make(compile_runtime)
        self._runtime = kept.folder
        return await super()._start()

    async def _explain(self, error: CellError, options: Mapping[str, Any]) -> CellError | None:
        told = await super()._explain(error, options)
        if told is None:
            return None
        return CellError(told.name, told.message, [naming.tidied(line) for line in told.traceback])

    # -- compilation -------------------------------------------------------------------------

    async def _compile(self, cell: Cell) -> tuple[Cell, Built]:
        assert isinstance(cell, RustCell)
        live = self.cells.live
        await self._ensure_session()  # the runtime is made at the start
        if self.cells.live is not live:  # the session had ended unnoticed
            cell = self.cells.translate(cell.text, cell.number, cell.name, quiet=cell.quiet)
        flags, crates = self._flags(), self._crates(cell)
        (self.spawner.run_directory / cell.name).write_text(cell.text, errors="surrogateescape")
        self._write(cell.files.included)
        name = naming.crate_of(cell.number)
        named = ["--crate-name", name, f"-Clink-arg=-Wl,-soname,lib{name}.so"]
        try:
            arguments = (*self.object_arguments[:-3], *named, *self.object_arguments[-3:])
            built = await self.compile(cell.source, CELL_FILE, arguments, flags, crates)
        except CompileError as failure:
            log = failure.log.decode("utf-8", "replace")
            mended = self.cells.mend(cell, log)
            if mended is not None:
                return await self._compile(mended)
            raise CompileError((await self._explained(cell, log)).encode()) from None
        cell.crate = self._keep(built, cell)
        log = built.log.decode("utf-8", "replace")
        if any(useful(message) for message in messages_in(log)):
            cell.warnings = await self._explained(cell, log) + "\n"
        return cell, built

    def _tell_notes(self, cell: Cell, built: Built) -> None:
        assert isinstance(cell, RustCell)
        if cell.warnings:
            self.console.stream("stderr", cell.warnings.encode("utf-8", "replace"))
        super()._tell_notes(cell, built)

    def _keep(self, built: Built, cell: RustCell) -> Crate:
        """The crate that a cell has become; rustc wants to see it under a library's name."""
        folder = built.program.parent
        link = folder / f"lib{naming.crate_of(cell.number)}.so"
        if not link.exists():
            link.hardlink_to(built.program)  # older compilers look where a symbolic link leads
        uses = cell.order is not None and bool(cell.order.dependency)
        dependencies = self.cells.dependencies.crate if uses else ""
        return Crate(str(folder), frozenset(cell.externs), dependencies)

    def _write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.spawner.run_directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="surrogateescape")

    def _flags(self) -> list[str]:
        return [f"-Copt-level={self._level}", *self.show_flags()]

    def _crates(self, cell: RustCell) -> list[str]:
        """The switches for the crates that a cell is compiled with."""
        folders = [self._libraries, str(self._runtime)]
        words = ["--extern", f"kernel_runner={self._runtime / LIBRARY}"]
        words += ["-L", f"dependency={self._runtime}"]
        for number, crate in sorted(cell.externs.items()):
            name = naming.crate_of(number)
            if number in cell.direct:
                words += ["--extern", f"{name}={crate.folder}/lib{name}.so"]
            words += ["-L", f"dependency={crate.folder}"]
        if cell.order is not None and cell.order.dependency:
            words += self._dependency_switches()
            folders += self.cells.dependencies.folders
        return [*words, *(f"-Clink-arg=-Wl,-rpath,{folder}" for folder in folders)]

    def _dependency_switches(self) -> list[str]:
        dependencies = self.cells.dependencies
        words = [word for folder in dependencies.folders for word in ("-L", f"dependency={folder}")]
        for name, path in dependencies.externs.items():
            words += ["--extern", f"{name}={path}"]
        return words

    async def _explained(self, cell: RustCell, log: str) -> str:
        """The compiler's messages, from another look at the cell with exact columns."""
        assert cell.order is not None
        files, rows = check_files_of(cell.order)
        folder = self.spawner.run_directory
        self._write(files.included)
        (folder / "check.rs").write_text(with_digest(files), errors="surrogateescape")
        words = [*LANGUAGE_SWITCHES, *MESSAGES, *self._flags(), *self._crates(cell)]
        command = [*self.command(), *words, "--crate-name", "check", "--emit=mir=check.mir"]
        _, checked = await self.capture([*command, "check.rs"], str(folder))
        bare = [*self.command(), "--edition=2021", "--crate-type=lib", *MESSAGES, "--crate-name"]
        _, alone = await self.capture(
            [*bare, "bare", "--emit=metadata=bare.rmeta", cell.name], str(folder)
        )
        return explained(
            cell,
            self.cells.live,
            log,
            checked.decode("utf-8", "replace"),
            rows,
            alone.decode("utf-8", "replace"),
        )

    # -- commands ----------------------------------------------------------------------------

    async def _carry_out(self, command: Given) -> int:
        match command.name:
            case "dep":
                pass  # done, all at once
            case "vars":
                await self.list_variables()
            case "type":
                return await self._tell_type(command.argument)
            case "opt":
                self._set_level(command.argument)
            case "clear":
                await self.reset()
            case "version":
                self._say(f"rustc {await self.find_version()}")
            case "help":
                self._say(HELP.rstrip())
            case name:
                self._say(answer_to(name))
        return 0

    def _say(self, text: str) -> None:
        self.console.stream("stdout", f"{text}\n".encode())

    def _set_level(self, argument: str) -> None:
        if argument in ("0", "1", "2", "3"):
            self._level = argument
        elif not argument:
            self._level = "0" if self._level == "2" else "2"
        else:
            self._say(f"{argument!r} is no level: there are 0, 1, 2 and 3.")
            return
        self._say(f"Later cells are compiled with opt-level {self._level}.")

    async def _tell_type(self, expression: str) -> int:
        values = ValuesConsole()
        code = f"::kernel_runner::hidden::type_of(&({expression}));"
        cell = self.cells.translate(code, self._next_number(), self.cell_name, quiet=True)
        error = await self._run_aside(cell, values)
        if error is not None:
            self.console.error(error)
            return BUILD_FAILED
        self._say(naming.readable(naming.source_of("".join(values.texts))))
        return 0

    async def _depend(self, texts: Sequence[str]) -> int:
        """Have later cells use what these ask for, beside what they use already."""
        cargo = CARGO.find()
        if cargo is None:
            self.console.error(CellError.plain("ToolchainMissing", CARGO.missing(":dep")))
            return BUILD_FAILED
        try:
            wanted = {**self._wanted, **dict(requested(text, self.cwd) for text in texts)}
        except DependencyError as error:
            self.console.error(CellError.plain("UsageError", str(error)))
            return BUILD_FAILED
        project = Project(wanted, self.command()[0], cargo[0])
        found = project.find()
        if found is None:
            with shown(self):
                code = await self._build(project)
            if code:
                return code
            found = project.find()
        if found is None:
            self.console.error(CellError.plain("BuildFailed", "cargo has built no library."))
            return BUILD_FAILED
        self._wanted, self._project = wanted, project
        self.cells.set_dependencies(found)
        self._tell_late()
        return 0

    async def _build(self, project: Project) -> int:
        """Have cargo build a project, before the person's eyes; an exit code."""
        project.write(self._project)
        exit = await self.run_program(project.fetch())
        if exit.code:
            return self.tell(exit, "cargo", "BuildFailed")
        code, metadata = await self.capture_beside(project.ask(), self.cwd)
        if code:
            self.console.error(CellError.plain("BuildFailed", metadata.decode(errors="replace")))
            return code
        project.name_all(metadata.decode(errors="replace"))
        exit = await self.run_program(project.build())
        if exit.code:
            return self.tell(exit, "cargo", "BuildFailed")
        _, told = await self.capture_beside(project.build(tells=True), self.cwd)
        project.finish(told.decode(errors="replace"))
        return 0


def rustup_home() -> str:
    """Where rustup has its compilers, which it looks for in HOME; empty: it needs no telling.

    They are beside cargo's folder, also where HOME is another one.
    """
    rustc = shutil.which("rustc")
    own = Path.home() / ".rustup"
    if rustc is None or "RUSTUP_HOME" in os.environ or (own / "toolchains").is_dir():
        return ""
    folders = Path(os.path.realpath(rustc)).parents
    beside = folders[2] / ".rustup" if len(folders) > 2 else Path()
    return str(beside) if (beside / "toolchains").is_dir() else ""
