"""Runners of compiled languages whose cells remember: each becomes a shared object of a session."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from kernel_runner.compiled_runner import BUILD_FAILED, CompiledRunner, CompileError
from kernel_runner.console import PLAIN, Bundle, CapturingConsole, CellError, Console
from kernel_runner.native.cache import Built
from kernel_runner.process.spawner import Exit, SpawnError
from kernel_runner.runner import folder_of
from kernel_runner.session.kept import Kept, run_tool
from kernel_runner.session.session import Session, SessionDied
from kernel_runner.session_runner import SessionRunner

if TYPE_CHECKING:
    from kernel_runner.export import Ran
    from kernel_runner.native.cells import Cell, Cells
    from kernel_runner.native.places import Place

HOST = folder_of(__file__) / "host"
HOST_SWITCHES = ("-O1", "-g0", "-w", "-rdynamic")
CELL_FILE = "cell"  # what the compiler is given; messages name the cell itself
LARGE_HEAP = 1 << 30  # bytes; a snapshot of more costs each cell more than it is worth
AS_BEFORE = "all variables are as they were before this cell"
THREADS_GONE = ", but the other threads are gone"


class NativeRunner(SessionRunner, CompiledRunner):
    """Compiles a cell into a shared object and has the resident host load it.

    The host forks a frozen copy of itself before each cell: where the cell dies, the copy goes
    on with everything as it was. Compilation is outside the session, and what a cell declares
    becomes live only when it has run.

    object_arguments: as compile_arguments, for a cell. host_sources: the files in C that the
    host has for this language, beside its own.
    """

    reopens = True
    assists = ""
    comms = False
    object_arguments: ClassVar[tuple[str, ...]]
    host_sources: ClassVar[tuple[Path, ...]] = ()

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self.snapshots = "auto"
        self.ran: list[Ran] = []
        self._number = 0
        self._host = Path()

    @cached_property
    def cells(self) -> Cells:
        """What understands cells; batch mode has no need of it."""
        raise NotImplementedError

    @property
    def excluded_commands(self) -> frozenset[str]:
        """Compiler switches, snapshots and variables have commands here."""
        return super().excluded_commands - {"%vars", "%snapshot"}

    @property
    def banner(self) -> str:
        """What a console prints first."""
        return (
            f"{super().banner}\nWhat a cell declares lives on; one that dies leaves all as it was "
            "before."
        )

    def agent(self) -> list[str]:
        """The host."""
        return [str(self._host)]

    def host_compiler(self) -> list[str]:
        """The command that compiles the host's C."""
        return self.command()

    def host_libraries(self) -> list[str]:
        """What the host is linked with."""
        return ["-ldl", "-lpthread"]

    async def query(self, code_text: str) -> int:
        """Compile the cell, and run it in the session."""
        if self.cells.is_program(code_text):
            return await CompiledRunner.query(self, code_text)
        cell = self._translate(code_text)
        try:
            cell, built = await self._compile(cell)
        except CompileError as failure:
            self.tell_of(failure)
            return BUILD_FAILED
        self.syntax.remember(code_text)
        self._tell_notes(cell, built)
        from kernel_runner.export import Ran, ResultConsole

        console, shown = self.console, ResultConsole(self.console)
        self.console = shown
        try:
            answer = await self.ask_session(self._request(built, self._wants_snapshot()))
        finally:
            self.console = console
        if isinstance(answer, int):
            return answer
        told, options = answer
        if told is None or not options["rolled_back"]:
            kept = None if told is None else options["kept"]
            self.cells.commit(cell, kept, options.get("variables", {}))
        if told is None:
            self.ran.append(Ran(self.count, code_text, shown.text))
            return 0
        error = await self._explain(told, options)
        if error is None:
            return 0
        self.console.error(error)
        self.receipt.exit_code = error.exit_code
        return error.exit_code

    async def evaluate(self, expression: str, console: Console) -> CellError | None:
        """A user_expression's value, told to ``console``."""
        cell = self.cells.translate(expression, self._next_number(), self.cell_name, quiet=True)
        return await self._run_aside(cell, console)

    async def inspect(self, code: str, cursor: int, detail: int) -> dict[str, Any]:
        """The definition of the name at a cursor."""
        start = re.search(r"\w*\Z", code[:cursor])
        name = re.match(r"\w*", code[start.start() if start else cursor :])
        definition = self.cells.definition(name[0]) if name else ""
        return {PLAIN: definition} if definition else {}

    def cell_switches(self, cell: Cell) -> tuple[list[str], list[str]]:
        """The compiler's switches and the libraries for a cell."""
        return self.show_flags(), list(self.libraries)

    async def list_variables(self) -> None:
        """Show the live variables: name, type and value."""
        variables = self.cells.variables()
        values = ValuesConsole()
        if variables:
            cell = self.cells.show_variables(self._next_number(), self.cell_name)
            error = await self._run_aside(cell, values)
            if error is not None:
                self.console.error(error)
        texts = [*values.texts, *("" for _ in variables)]
        rows = [(*variable, text) for variable, text in zip(variables, texts, strict=False)]
        self.console.stream("stdout", table(rows).encode("utf-8", "replace"))

    def set_snapshots(self, mode: str) -> None:
        """Take a snapshot before each cell (on), never (off), or while the heap is small (auto)."""
        self.snapshots = mode

    def show_snapshots(self) -> str:
        """When a snapshot is taken."""
        return self.snapshots

    async def reset(self) -> None:
        """End the session, and forget what was declared."""
        self._forget()
        self.programs.clear()
        await super().reset()

    def insist(self, session: Session) -> None:
        """The cell does not stop: go back to the snapshot of what was before it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(session.pid, signal.SIGINT)

    def chdir_code(self, path: str) -> str:
        """What the host is asked for %cd."""
        return f"chdir\n{path}"

    def setenv_code(self, name: str, value: str) -> str:
        """What the host is asked for %env."""
        return f"setenv\n{name}\n{value}"

    async def _start(self) -> Session:
        command = self.host_compiler()
        sources = sorted([*HOST.glob("*.c"), *self.host_sources])
        headers = HOST.glob("*.h")
        kept = Kept("host", command[0], [*sources, *headers])

        async def compile_host(folder: Path) -> None:
            names = [str(source) for source in sources]
            words = [*HOST_SWITCHES, "-I", str(HOST), "-x", "c", *names, "-o", str(folder / "host")]
            code, log = await run_tool(*command, *words, *self.host_libraries())
            if code:
                raise SpawnError(f"The host of native cells does not compile here: {log}")

        await kept.make(compile_host)
        self._host = kept.folder / "host"
        return await super()._start()

    def _tell_end(self, exit: Exit) -> int:
        self._forget()
        return super()._tell_end(exit)

    def _forget(self) -> None:
        self.cells.reset()
        self.ran.clear()

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _translate(self, text: str) -> Cell:
        return self.cells.translate(text, self._next_number(), self.cell_name)

    async def _compile(self, cell: Cell) -> tuple[Cell, Built]:
        """The cell's shared object, mended where that is possible. Raises CompileError."""
        # The compiler quotes lines of the files that #line names.
        text = cell.text.encode("utf-8", "surrogateescape")
        (self.spawner.run_directory / cell.name).write_bytes(text)
        flags, libraries = self.cell_switches(cell)
        arguments = self.object_arguments
        try:
            return cell, await self.compile(cell.source, CELL_FILE, arguments, flags, libraries)
        except CompileError as failure:
            log = failure.log.decode("utf-8", "replace")
            mended = self.cells.mend(cell, log)
            if mended is not None:
                return await self._compile(mended)
            raise CompileError(self.cells.explain(log).encode()) from failure

    async def _run_aside(self, cell: Cell, console: Console) -> CellError | None:
        """Run a cell that declares nothing; its output goes to ``console``."""
        try:
            cell, built = await self._compile(cell)
            session = await self._ensure_session()
            request = self._request(built, snapshot=True)
            error, options = await session.evaluate(request, self.count, self.options, console)
        except CompileError as failure:
            return failure.as_cell_error()
        except (SessionDied, SpawnError) as failure:
            return CellError.plain(type(failure).__name__, str(failure))
        return await self._explain(error, options) if error else None

    def _request(self, built: Built, snapshot: bool) -> str:
        description = self.cells.describe(built)
        return "\n".join(["load", str(built.program), str(int(snapshot)), description])

    def _tell_notes(self, cell: Cell, built: Built) -> None:
        warnings = self.cells.explain(built.log.decode("utf-8", "replace"))
        notes = "".join(f"[{note}]\n" for note in cell.notes)
        if warnings or notes:
            self.console.stream("stderr", (warnings + notes).encode("utf-8", "replace"))

    def _wants_snapshot(self) -> bool:
        if self.snapshots != "auto" or self._session is None:
            return self.snapshots != "off"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages = Path(f"/proc/{self._session.evaluator}/statm").read_text().split()[1]
            return int(pages) * os.sysconf("SC_PAGE_SIZE") <= LARGE_HEAP
        return True

    async def _explain(self, error: CellError, options: Mapping[str, Any]) -> CellError | None:
        """An error of the host's as the person reads it; None: it is none."""
        addresses = [(str(path), int(offset)) for path, offset in options["places"]]
        from kernel_runner.native.places import find_places

        places = await find_places(addresses, self.capture_beside) if addresses else []
        where = f" at {places[0]}" if places else ""
        before = f"{AS_BEFORE}{THREADS_GONE if options['threads'] > 1 else ''}"
        name, message = error.name, error.message
        if options["rolled_back"] and options["interrupted"]:
            name = "Interrupted"
            message = f"The cell could not be left where it was, and was ended: {before}."
        elif options["rolled_back"] and name:
            message = f"{message}{where} ({before})"
        elif "signal" in options:
            number = options["signal"]
            what = (signal.strsignal(number) or "a signal").lower()
            name = "Signal"
            message = f"{signal_name(number)} ({what}){where}: {before}."
        elif options.get("exit_code"):
            name = "ExitCode"
            code = options["exit_code"]
            message = f"The cell ended its process with exit code {code}: {before}."
        elif options["rolled_back"]:
            note = f"[The cell has ended its process with exit code 0: {before}.]\n"
            self.console.stream("stderr", note.encode())
            return None
        elif name == "Interrupted":
            message = f"The cell was interrupted{where}; what it had done by then is kept."
        elif name == "LinkError":
            message = message.partition(": ")[2] or message  # without the object's path
        return CellError(name, message, [*self._traceback(places), *heading(name, message)])

    def _traceback(self, places: list[Place]) -> list[str]:
        lines = []
        for place, same in itertools.groupby(places):
            times = len(list(same))
            often = f" ({times} times, or more)" if times > 1 else ""
            lines.append(f"{place}, in {readable(place.function)}{often}")
            with contextlib.suppress(OSError, IndexError, UnicodeDecodeError):
                text = (self.spawner.run_directory / place.file).read_text().splitlines()
                lines.append(f"    {text[place.line - 1].strip()}")
        return lines


class ValuesConsole(CapturingConsole):
    """Keeps the plain text of each value that it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def result(self, bundle: Bundle, metadata: Mapping[str, Any] | None = None) -> None:
        """Keep it."""
        self.texts.append(str(bundle.get(PLAIN, "")))


def heading(name: str, message: str) -> list[str]:
    """An error's last lines."""
    return CellError.plain(name, message).traceback


def readable(function: str) -> str:
    """A function's name as the person knows it."""
    return "the cell" if function == "kernel_runner_cell" else function.partition(".")[0]


def signal_name(number: int) -> str:
    """SIGSEGV, or what is left to say of a signal without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def table(rows: list[tuple[str, str, str]]) -> str:
    """Rows under each other, in columns."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return "".join(f"{n:<{widths[0]}}  {t:<{widths[1]}}  {v}".rstrip() + "\n" for n, t, v in rows)
