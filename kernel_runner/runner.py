"""What every language's runner is."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from traitlets import Dict, Float, Unicode
from traitlets.config import LoggingConfigurable

from kernel_runner.assist.syntax import Completeness, Grammar, Syntax
from kernel_runner.batch import (
    Batch,
    BatchError,
    execute,
    find_mains,
    opened,
    say,
    shown,
    source_files,
    take,
)
from kernel_runner.console import CapturingConsole, CellError, Console, NotingConsole
from kernel_runner.language import Language, Sample, Toolchain
from kernel_runner.packages import PackageError, Packages
from kernel_runner.process.limits import LimitExceeded, Limits, within
from kernel_runner.process.program import Program, Receive
from kernel_runner.process.spawner import Exit, Spawner, SpawnError
from kernel_runner.process.tree import ProcessEntry, subtree
from kernel_runner.receipt import Receipt

if TYPE_CHECKING:
    from kernel_runner.build_systems import BuildSystem
    from kernel_runner.export import Project
    from kernel_runner.magics import Command
    from kernel_runner.plain_build import Plan
    from kernel_runner.service.declaration import Service
    from kernel_runner.service.services import Services

# The kernel's own, or its server's: no business of a program's.
PRIVATE_VARIABLES = (
    "JPY_API_TOKEN",
    "JPY_PARENT_PID",
    "JPY_SESSION_NAME",
    "JUPYTERHUB_API_TOKEN",
    "JUPYTER_TOKEN",
)
TERMINAL_VARIABLES = {
    "TERM": "xterm-256color",
    "COLUMNS": "100",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
}
NOT_FOUND = 127


class Interruptible(Protocol):
    """What runs, and can be stopped."""

    def interrupt(self) -> None:
        """Stop it."""


class Stage(Protocol):
    """Where programs run, one at a time, if not in front of the console."""

    interrupted: bool

    async def run(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: str, input: bool = True
    ) -> Exit:
        """Run a program until it ends; without input it finds the end of the file."""

    def interrupt(self) -> None:
        """Stop it."""


class BaseRunner(LoggingConfigurable):
    """Knows one language, and nothing of Jupyter: all it says goes through its console.

    The kernel's queue calls clean_heuristic, build_heuristic, execute_heuristic and query one at
    a time; complete, inspect, is_complete and interrupt at any moment.

    main: the one file that batch mode is about; empty: the project in the current directory.
    foreground: where programs run that are not to have a terminal of their own.
    limits: what each step of batch mode may cost.
    """

    language: ClassVar[Language]
    toolchain: ClassVar[Toolchain]
    grammar: ClassVar[Grammar]
    samples: ClassVar[Mapping[str, Sequence[Sample]]] = {}
    packages: ClassVar[Packages | None] = None
    # Cell commands that only this language has.
    commands: ClassVar[Sequence[Command]] = ()
    # A project's main file, by its name or else by what is in it; and what goes before it.
    main_names: ClassVar[Sequence[str]] = ()
    main_pattern: ClassVar[str] = r"\A#!"
    script_options: ClassVar[Sequence[str]] = ()
    # Whether a project's program is what its build has made, and not the main file.
    runs_built: ClassVar[bool] = False

    executable = Unicode(
        "", help="The interpreter or compiler to use; empty: the best one found."
    ).tag(config=True)
    environment = Dict(
        help="Environment variables for the programs, beside those of the kernel."
    ).tag(config=True)
    interrupt_grace = Float(
        2.0, help="Seconds from SIGINT to SIGTERM, and from there to SIGKILL, for a program."
    ).tag(config=True)
    services_file = Unicode(
        "services.yml", help="Where services are declared, as seen from the cells' directory."
    ).tag(config=True)

    def __init__(self, spawner: Spawner, cwd: str = "", **traits: Any) -> None:
        super().__init__(**traits)
        self.spawner = spawner
        self.console: Console
        self.receipt = Receipt()
        self.user_input_queue: asyncio.Queue[str | None] = asyncio.Queue()
        self.arguments: list[str] = []
        self.main = ""
        self.foreground: Stage | None = None
        self.limits = Limits()
        self.count = 0
        self.env = child_environment(self.environment)
        if self.packages:
            self.env |= self.packages.environment(self.env)
        self.version = ""
        self.syntax = Syntax(self.grammar)
        self._cwd = cwd or os.getcwd()
        self._program: Interruptible | None = None

    # -- what the seed's contract names ------------------------------------------------------

    async def init_with_loop(self) -> None:
        """The event loop is there: start what is kept running."""

    async def clean_heuristic(self) -> int:
        """Remove what a build has made. Gives an exit code."""
        code = await take(self, "clean")
        if code is not None:
            return code
        from kernel_runner import plain_build

        return plain_build.clean(self)

    async def build_heuristic(self) -> int:
        """Find how this project is built, and build it. Gives an exit code."""
        code = await take(self, "build")
        if code is not None:
            return code
        plan = self.plan()
        if plan is None:
            say(self, "nothing to build")
            return 0
        from kernel_runner import plain_build

        return await plain_build.build(self, plan)

    async def execute_heuristic(self) -> int:
        """Find the project's main program and run it, with ``arguments``. Gives an exit code."""
        return await execute(self)

    async def execute_main(self) -> int:
        """Run what plain sources were built to, else the main file, with ``arguments``.

        Gives an exit code.
        """
        if self.runs_built:
            from kernel_runner import plain_build

            command = plain_build.run_command(self)
            if command:
                exit = await self.run_program([*command, *self.arguments])
                return self.tell(exit, "The program")
        return await self.run_script([*self.interpreter(), *self.script_options])

    async def query(self, code_text: str) -> int:
        """Run a cell. Gives an exit code; a failure has been told the console."""
        raise NotImplementedError

    async def complete(self, data: dict[str, Any]) -> list[str]:
        """Completions for ``data``: {"code": text, "cursor": offset in code points}."""
        return self.syntax.complete(data["code"], data["cursor"])

    async def interrupt(self) -> None:
        """Stop what is running, if anything is."""
        if self._program is not None:
            self._program.interrupt()

    async def start_service(self, service: Service) -> None:
        """Start a daemon beside the kernel; returns when it is healthy. Raises ServiceError."""
        await self.services.start(service, self.env, self.cwd)

    # -- what assistance and Jupyter need besides -------------------------------------------

    async def inspect(self, code: str, cursor: int, detail: int) -> dict[str, Any]:
        """A MIME bundle about the name at a cursor; empty when nothing is known."""
        return {}

    async def is_complete(self, code: str) -> Completeness:
        """Whether this is a whole cell."""
        return self.syntax.is_complete(code)

    async def evaluate(self, expression: str, console: Console) -> CellError | None:
        """Give a user_expression's value to ``console`` as its result, changing nothing."""
        return CellError.plain(
            "UsageError", f"{self.language.display_name} keeps no state to look into."
        )

    async def comm(
        self,
        type_: str,
        content: dict[str, Any],
        metadata: dict[str, Any],
        buffers: list[bytes],
        console: Console,
    ) -> bool:
        """Take a comm message; False where this language has no comms."""
        return False

    async def reset(self) -> None:
        """Forget all state."""

    def kept_processes(self, entries: Sequence[ProcessEntry]) -> set[int]:
        """Of a jail's processes those that the cell which has ended has not started for itself."""
        return {pid for root in self.spawner.pids for pid in (root, *subtree(root, entries))}

    async def install(self, names: Sequence[str]) -> int:
        """Install packages for the next cell; an exit code. Raises PackageError, SpawnError."""
        packages = self.packages
        if packages is None:
            raise PackageError(f"{self.language.display_name} has no package manager here.")
        command = packages.command(self.package_manager(), names, await self.find_version())
        with packages.locked(), shown(self):
            exit = await self.run_program(command)
        return self.tell(exit, packages.manager)

    def package_manager(self) -> list[str]:
        """The command of the language's package manager. Raises SpawnError."""
        assert self.packages is not None
        tool = self.packages.tool
        if tool is None:
            return self.command()
        found = tool.find()
        if found is None:
            raise ToolchainMissing(tool.missing("%dep"))
        return found

    @property
    def banner(self) -> str:
        """What a console prints first."""
        return f"{self.language.display_name} {self.version}".rstrip()

    @property
    def excluded_commands(self) -> frozenset[str]:
        """Cell commands that this language does not have, or that are its own text."""
        return self.language.excluded | {"%flags", "%vars", "%snapshot", "%export"}

    def export(self, folder: Path) -> Project:
        """The cells that have run so far as a project. Raises ExportError."""
        raise NotImplementedError

    def set_flags(self, flags: str) -> None:
        """Set the compiler's switches."""
        raise NotImplementedError

    def show_flags(self) -> list[str]:
        """The compiler's switches."""
        raise NotImplementedError

    async def list_variables(self) -> None:
        """Show the live variables."""
        raise NotImplementedError

    def set_snapshots(self, mode: str) -> None:
        """Say when a snapshot of the session is taken: "on", "off" or "auto"."""
        raise NotImplementedError

    def show_snapshots(self) -> str:
        """When a snapshot is taken."""
        raise NotImplementedError

    # -- shared by the runners ---------------------------------------------------------------

    @functools.cached_property
    def services(self) -> Services:
        """The daemons beside the kernel."""
        from kernel_runner.service.services import Services

        return Services(self.spawner)

    @property
    def cwd(self) -> str:
        """The directory in which the next program runs."""
        return self._cwd

    @property
    def build_systems(self) -> Sequence[BuildSystem]:
        """How the project says that it is built; a single file says nothing of it."""
        if self.main:
            return []
        from kernel_runner.build_systems import find_build_systems

        return find_build_systems(Path(self.cwd), self.language.name)

    def plan(self) -> Plan | None:
        """How the language's own sources become a program; None: they are run as they are.

        Raises BatchError and SpawnError.
        """
        return None

    def interpreter(self) -> list[str]:
        """What runs the main file: the toolchain, or what a build system has put in its place.

        Raises SpawnError.
        """
        for system in self.build_systems:
            path = os.path.join(self.cwd, system.interpreter)
            if system.interpreter and os.access(path, os.X_OK):
                return [path]
        return self.command()

    async def change_directory(self, path: str) -> None:
        """Run later cells in another directory. Raises OSError when it is none."""
        target = os.path.abspath(os.path.join(self.cwd, os.path.expanduser(path)))
        os.listdir(target)
        self._cwd = target

    async def change_variable(self, name: str, value: str) -> None:
        """Set an environment variable for later cells."""
        self.env[name] = value

    def command(self) -> list[str]:
        """The toolchain's command. Raises SpawnError with what to install."""
        found = self.toolchain.find(self.executable)
        if found is None:
            sentence = self.toolchain.missing(self.language.display_name, self.executable)
            raise ToolchainMissing(sentence)
        return found

    async def find_version(self) -> str:
        """The toolchain's version; empty when it is missing."""
        if not self.version:
            found = self.toolchain.find(self.executable)
            self.version = await self.toolchain.find_version(found) if found else ""
        return self.version

    def prepare(self, console: Console, count: int) -> None:
        """Task number ``count`` begins: from here on this console is the one to speak to."""
        self.console = console
        self.count = count
        self.receipt = Receipt()

    async def read_line(self, password: bool) -> str | None:
        """A line for a program that waits for one; None is the end of the file."""
        if not self.user_input_queue.empty():
            return self.user_input_queue.get_nowait()
        try:
            return await self.console.input(password=password)
        except EOFError:
            return None

    def main_file(self) -> str:
        """The project's main file: by its name, or by what is in it, or the only one there is.

        Those in the project's own folder go before those further down. Raises BatchError.
        """
        if self.main:
            return self.main
        for name in self.main_names:
            if os.path.isfile(os.path.join(self.cwd, name)):
                return name
        suffix = self.language.suffix
        there = source_files(self.cwd, (suffix,))
        found = [name for name in there if "/" not in name] or there
        if len(found) > 1:
            found = find_mains(self.cwd, found, self.main_names, self.main_pattern)
        if len(found) == 1:
            with opened(Path(self.cwd, found[0])):
                return found[0]
        if found:
            raise BatchError(f"Nothing to run: {' and '.join(found)} could all be the main file.")
        many = f"there are {len(there)} {suffix} files" if there else f"there is no {suffix} file"
        raise BatchError(f"Nothing to run: no {' or '.join(self.main_names)}, and {many}.")

    async def run_program(
        self, argv: Sequence[str], receive: Receive | None = None, input: bool = True
    ) -> Exit:
        """Run a program in front of the console, and add it to the receipt.

        receive: takes what it shows beside its text (see process/program.py). input: whether it
        may ask; else it finds the end of the file.
        """
        ask = self.read_line if input else None
        program = self.foreground or Program(
            self.spawner, self.console, ask, self.interrupt_grace, receive
        )
        with self.interruptible(program):
            if self.foreground is not None:
                exit = await self.foreground.run(argv, env=self.env, cwd=self.cwd, input=input)
            else:
                exit = await program.run(argv, env=self.env, cwd=self.cwd)
        self.receipt.add(exit)
        if program.interrupted and exit.code:
            self.console.error(CellError.plain("Interrupted", "The program was interrupted."))
        return exit

    @contextmanager
    def interruptible(self, program: Interruptible) -> Iterator[None]:
        """While in this context, this is what an interrupt stops."""
        self._program = program
        try:
            yield
        finally:
            self._program = None

    async def run_script(self, interpreter: Sequence[str]) -> int:
        """Run the main file as the interpreter's script; its exit code."""
        argv = [*interpreter, self.main_file(), *self.arguments]
        return self.tell(await self.run_program(argv), "The program")

    async def capture(self, argv: Sequence[str], cwd: str) -> tuple[Exit, bytes]:
        """Run a tool, without input, and keep what it writes to either stream."""
        captured = CapturingConsole()
        program = Program(self.spawner, captured, None, self.interrupt_grace)
        with self.interruptible(program):
            exit = await program.run(argv, env=self.env, cwd=cwd)
        self.receipt.add(exit)
        if program.interrupted and exit.code:
            self.console.error(CellError.plain("Interrupted", "The tool was interrupted."))
        return exit, captured.output

    async def capture_beside(self, argv: Sequence[str], cwd: str) -> tuple[int, bytes]:
        """Run a tool that no cell waits for, and no interrupt is for: its exit code and output."""
        captured = CapturingConsole()
        program = Program(self.spawner, captured, None, self.interrupt_grace)
        exit = await program.run(argv, env=self.env, cwd=cwd)
        return exit.code, captured.output

    async def shell(self, command: str, failure: str = "ExitCode", input: bool = True) -> int:
        """Run a shell command, which may ask if there is input; its exit code."""
        exit = await self.run_program(["/bin/sh", "-c", command], input=input)
        return self.tell(exit, "The command", failure)

    def tell(self, exit: Exit, what: str, failure: str = "ExitCode") -> int:
        """Tell the console of a failure, under the name ``failure``; the exit code."""
        if exit.signal is not None:
            message = f"{what} was ended by {exit.signal.name}."
            self.console.error(CellError.plain("Signal", message))
        elif exit.code:
            message = f"{what} ended with exit code {exit.code}."
            self.console.error(CellError.plain(failure, message))
        return exit.code

    async def run_batch(self, batch: Batch) -> int:
        """Clean, build and run, as the batch says; the exit code of the last step taken."""
        self.arguments = list(batch.args)
        code = 0
        if batch.clean:
            code = await self._step("clean", batch.clean, self.clean_heuristic)
        if batch.build:
            with shown(self):
                code = await self._step("build", batch.build, self.build_heuristic, "BuildFailed")
            if code and batch.exec:
                self.receipt.exit_code = NOT_FOUND
                return NOT_FOUND
        if batch.exec:
            code = await self._step("exec", batch.exec, self.execute_heuristic)
        self.receipt.exit_code = code
        return code

    async def _step(
        self,
        name: str,
        command: str,
        heuristic: Callable[[], Coroutine[Any, Any, int]],
        failure: str = "ExitCode",
    ) -> int:
        """Take a step within the limits, with a receipt of its own; its exit code."""
        console, receipt = self.console, self.receipt
        self.console = noting = NotingConsole(console)
        self.receipt = phase = Receipt()
        work = heuristic() if command == "*" else self.shell(command, failure)
        try:
            phase.exit_code = await within(self.limits, self.spawner, work)
        except LimitExceeded as exceeded:
            phase.exit_code = exceeded.code
            phase.peak_memory = max(phase.peak_memory, exceeded.memory)
            self.console.error(CellError.plain(exceeded.name, f"{name}: {exceeded}"))
        finally:
            self.console, self.receipt = console, receipt
            if noting.told is not None:
                phase.error = {"name": noting.told.name, "message": noting.told.message}
            receipt.include(name, phase)
        return phase.exit_code


class ToolchainMissing(SpawnError):
    """The language's toolchain is not on this machine; the message says what to install."""


def child_environment(extra: dict[str, str]) -> dict[str, str]:
    """The environment of a program: the kernel's, seen from a terminal, and ``extra``."""
    own = {name: value for name, value in os.environ.items() if name not in PRIVATE_VARIABLES}
    return {**own, **TERMINAL_VARIABLES, **extra}


def folder_of(module_file: str) -> Path:
    """The folder of a language, for the files beside its runner."""
    return Path(module_file).parent
