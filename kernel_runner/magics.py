"""Cell commands: lines at a cell's beginning that start with % (or !).

A line is a command only where it matches a command's whole form and the language has not
excluded it; at the first line that is none, the rest of the cell belongs to the language.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from kernel_runner.batch import Batch
from kernel_runner.packages import PackageError
from kernel_runner.runner import BaseRunner
from kernel_runner.service.declaration import NAME, ServiceError
from kernel_runner.service.services import Start, bundle, carry_out

PAGE = 1 << 18
Spilled = Callable[[], list[Path]]


class CommandError(Exception):
    """A command that can't be carried out; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a command has to work with: its argument, and the rest of the cell for %%file."""

    runner: BaseRunner
    argument: str
    body: str
    spilled: Spilled


Action = Callable[[Cell], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its whole form, what %help says of it, and what it does."""

    name: str
    form: re.Pattern[str]
    help: str
    action: Action


async def run_cell(runner: BaseRunner, code: str, spilled: Spilled) -> int:
    """Run a cell's commands and then what is left of it; the last exit code.

    spilled: finds the files of output that a limit has held back, oldest first.
    """
    rest, exit_code = code, 0
    while match := find_command(runner, rest):
        command, argument, body = match
        takes_all = command.name.startswith("%%")
        cell = Cell(runner, argument, body if takes_all else "", spilled)
        exit_code = await command.action(cell)
        if exit_code or takes_all:
            return exit_code
        # Blank lines stand for the commands, so that messages name the lines of the cell.
        rest = "\n" * (rest.count("\n") - body.count("\n")) + body
    return await runner.query(rest) if rest.strip() else exit_code


def find_command(runner: BaseRunner, code: str) -> tuple[Command, str, str] | None:
    """The command in the first line that is not blank, its argument, and the lines below."""
    line, _, body = code.lstrip("\n").partition("\n")
    word, space, argument = line.rstrip().partition(" ")
    spelled = f"{runner.language.spellings.get(word, word)}{space}{argument}"
    for command in (*runner.commands, *COMMANDS):
        if command.name not in runner.excluded_commands:
            match = command.form.fullmatch(spelled)
            if match:
                return command, (match[1] or "").strip(), body
    return None


async def write_file(cell: Cell) -> int:
    """Write the rest of the cell to a file."""
    path = Path(cell.runner.cwd, os.path.expanduser(unquoted(cell.argument)))
    try:
        body = cell.body if cell.body.endswith("\n") or not cell.body else f"{cell.body}\n"
        with os.fdopen(await cell.runner.spawner.create(str(path)), "wb") as file:
            file.write(body.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
    lines = len(cell.body.splitlines())
    say(cell.runner, f"wrote {path.name}: {lines} line{'s' * (lines != 1)}")
    return 0


async def clean(cell: Cell) -> int:
    """Clean the project."""
    return await cell.runner.run_batch(Batch(clean=cell.argument or "*"))


async def build(cell: Cell) -> int:
    """Build the project."""
    return await cell.runner.run_batch(Batch(build=cell.argument or "*"))


async def exec_(cell: Cell) -> int:
    """Run the project's main program, or a command."""
    return await cell.runner.run_batch(Batch(exec=cell.argument or "*"))


async def run(cell: Cell) -> int:
    """Build the project and run it with arguments."""
    arguments = words("%run", cell.argument)
    return await cell.runner.run_batch(Batch(build="*", exec="*", args=arguments))


async def shell(cell: Cell) -> int:
    """Run a shell command."""
    return await cell.runner.shell(cell.argument)


async def change_directory(cell: Cell) -> int:
    """Change the directory for this cell and later ones."""
    try:
        await cell.runner.change_directory(unquoted(cell.argument) or "~")
    except OSError as error:
        raise CommandError(f"{cell.argument} cannot be entered: {error.strerror}.") from error
    return 0


async def environment(cell: Cell) -> int:
    """Set a variable, or show one or all."""
    name, sets, value = cell.argument.partition("=")
    if sets:
        await cell.runner.change_variable(name.strip(), unquoted(value.strip()))
        return 0
    known = cell.runner.env
    shown = {name: known.get(name, "")} if name else dict(sorted(known.items()))
    for variable, text in shown.items():
        cell.runner.console.stream("stdout", f"{variable}={text}\n".encode("utf-8", "replace"))
    return 0


async def install(cell: Cell) -> int:
    """Install packages of the language's own ecosystem."""
    try:
        return await cell.runner.install(words("%dep", cell.argument))
    except PackageError as error:
        raise CommandError(str(error)) from error


async def page_output(cell: Cell) -> int:
    """Show a page of what a limit has held back."""
    files = cell.spilled()
    if not files:
        raise CommandError("No output has been held back so far.")
    page = int(cell.argument or "1")
    path = files[-1]
    pages = max(1, -(-path.stat().st_size // PAGE))
    if not 1 <= page <= pages:
        raise CommandError(f"{path.name} has the pages 1 to {pages}.")
    with path.open("rb") as file:
        file.seek((page - 1) * PAGE)
        cell.runner.console.stream("stdout", file.read(PAGE))
    say(cell.runner, f"page {page} of {pages} of {path}")
    return 0


async def export(cell: Cell) -> int:
    """Write the cells as a project."""
    from kernel_runner.export import ExportError, write

    folder = Path(cell.runner.cwd, os.path.expanduser(unquoted(cell.argument)))
    try:
        project = cell.runner.export(folder)
        await write(project, folder, cell.runner)
    except ExportError as error:
        raise CommandError(str(error)) from error
    for note in project.notes:
        say(cell.runner, note)
    say(cell.runner, f"wrote {', '.join(sorted(project.files))}")
    return 0


async def service(cell: Cell) -> int:
    """Start or stop a service, or tell of one or all."""
    runner = cell.runner
    action, _, name = cell.argument.partition(" ")
    name = name.strip()
    try:
        with runner.interruptible(Start(runner.services, name)):
            told = await carry_out(runner, action or "status", name)
    except ServiceError as error:
        runner.console.stream("stderr", error.log.encode("utf-8", "replace"))
        raise CommandError(str(error)) from error
    runner.console.display(bundle(told))
    if action == "status" and name:
        runner.console.stream("stdout", told[0]["log"].encode())
    return 0


async def reset(cell: Cell) -> int:
    """Forget all state."""
    await cell.runner.reset()
    return 0


async def show_help(cell: Cell) -> int:
    """List the commands."""
    lines = [
        f"{command.help}\n"
        for command in (*cell.runner.commands, *COMMANDS)
        if command.name not in cell.runner.excluded_commands
    ]
    cell.runner.console.stream("stdout", "".join(lines).encode())
    return 0


async def list_variables(cell: Cell) -> int:
    """Show the live variables."""
    await cell.runner.list_variables()
    return 0


async def set_snapshots(cell: Cell) -> int:
    """Set or show when a snapshot is taken."""
    if cell.argument:
        cell.runner.set_snapshots(cell.argument)
    else:
        say(cell.runner, cell.runner.show_snapshots())
    return 0


async def set_flags(cell: Cell) -> int:
    """Set or show the compiler's switches."""
    if cell.argument:
        cell.runner.set_flags(cell.argument)
    else:
        say(cell.runner, " ".join(cell.runner.show_flags()))
    return 0


def say(runner: BaseRunner, sentence: str) -> None:
    """A line on stderr."""
    runner.console.stream("stderr", f"[{sentence}]\n".encode("utf-8", "replace"))


def words(command: str, argument: str) -> list[str]:
    """An argument's words, as a shell would part them. Raises CommandError."""
    try:
        return shlex.split(argument)
    except ValueError as error:
        raise CommandError(f"{command} cannot read its arguments: {error}.") from error


def unquoted(text: str) -> str:
    """A single word, without the quotes that a shell would take off."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def form(pattern: str) -> re.Pattern[str]:
    """A command's form; group 1 is its argument."""
    return re.compile(pattern)


COMMANDS = (
    Command("%%file", form(r"%%file +(\S.*)"), "%%file NAME    write the rest", write_file),
    Command("%clean", form(r"%clean( +\S.*)?"), "%clean [CMD]   clean the project", clean),
    Command("%build", form(r"%build( +\S.*)?"), "%build [CMD]   build the project", build),
    Command("%exec", form(r"%exec( +\S.*)?"), "%exec [CMD]    run its main program", exec_),
    Command("%run", form(r"%run( +\S.*)?"), "%run [ARGS]    build and run it", run),
    Command("%sh", form(r"%sh +(\S.*)"), "%sh CMD        run a shell command", shell),
    Command("!", form(r"!(\S.*)"), "!CMD           the same", shell),
    Command("%cd", form(r"%cd( +\S.*)?"), "%cd [DIR]      change the directory", change_directory),
    Command(
        "%env",
        form(r"%env( +[A-Za-z_]\w*(?: *=.*)?)?"),
        "%env [X[=Y]]   show or set variables",
        environment,
    ),
    Command("%dep", form(r"%dep +(\S.*)"), "%dep NAME ...  install packages", install),
    Command(
        "%output", form(r"%output( +\d+)?"), "%output [N]    page what was held back", page_output
    ),
    Command(
        "%service",
        form(rf"%service( +(?:(?:start|stop) +{NAME}|status(?: +{NAME})?))?"),
        "%service [start|stop|status NAME] daemons beside the kernel",
        service,
    ),
    Command("%reset", form(r"%reset()"), "%reset         forget all state", reset),
    Command("%flags", form(r"%(?:flags|opt)( +-.*)?"), "%flags [...]   compiler flags", set_flags),
    Command("%export", form(r"%export +(\S.*)"), "%export DIR    write a project", export),
    Command("%vars", form(r"%vars()"), "%vars          variables, types, values", list_variables),
    Command(
        "%snapshot",
        form(r"%snapshot( +(?:on|off|auto))?"),
        "%snapshot MODE on, off or auto: what a crash goes back to",
        set_snapshots,
    ),
    Command("%help", form(r"%help()"), "%help          this list", show_help),
)
