"""Go's own cell commands, spelled as gonb spells them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, cast

from kernel_runner.magics import Cell, Command, CommandError, form, words

if TYPE_CHECKING:
    from kernel_runner.languages.go.runner import GoRunner


async def run_main(cell: Cell) -> int:
    """Run the rest of the cell as the body of main."""
    runner = _go(cell)
    if cell.argument:
        runner.program_arguments = words("%%", cell.argument)
    return await runner.run_main(f"\n{cell.body}")


async def run_tests(cell: Cell) -> int:
    """Run the tests and benchmarks of the rest of the cell."""
    return await _go(cell).run_tests(f"\n{cell.body}", words("%test", cell.argument))


async def set_arguments(cell: Cell) -> int:
    """Give later programs these arguments."""
    _go(cell).program_arguments = words("%args", cell.argument)
    return 0


async def list_declared(cell: Cell) -> int:
    """List what is declared."""
    runner = _go(cell)
    runner.console.stream("stdout", runner.list_declarations().encode("utf-8", "replace"))
    return 0


async def remove(cell: Cell) -> int:
    """Forget declarations."""
    unknown = _go(cell).remove(cell.argument.split())
    if unknown:
        raise CommandError(
            f"Nothing here is declared as {', '.join(unknown)}: %list shows what is."
        )
    return 0


async def set_flags(cell: Cell) -> int:
    """Set the switches of go build, or show them."""
    runner = _go(cell)
    if cell.argument:
        runner.set_flags(" ".join(words("%goflags", cell.argument)))
    else:
        runner.console.stream("stdout", f"{shlex.join(runner.show_flags())}\n".encode())
    return 0


async def set_variable(cell: Cell) -> int:
    """Set a variable; gonb has a space where others have `=`."""
    name, _, value = cell.argument.partition(" ")
    await cell.runner.change_variable(name, value.strip())
    return 0


async def shell_in_module(cell: Cell) -> int:
    """Run a shell command in the folder of the cells' module."""
    runner = _go(cell)
    return await runner.shell(f"cd {shlex.quote(str(runner.go.module))} && {cell.argument}")


def _go(cell: Cell) -> GoRunner:
    return cast("GoRunner", cell.runner)


COMMANDS = (
    Command("%%", form(r"(?:%%|%main)( +\S.*)?"), "%% [ARGS]      the rest is main", run_main),
    Command("%%test", form(r"%test( +\S.*)?"), "%test [ARGS]   run the rest's tests", run_tests),
    Command("%args", form(r"%args( +\S.*)?"), "%args ...      programs' arguments", set_arguments),
    Command("%list", form(r"%(?:list|ls|vars)()"), "%list          declarations", list_declared),
    Command("%rm", form(r"%(?:rm|remove) +(\S.*)"), "%rm NAME ...   forget declarations", remove),
    Command("%goflags", form(r"%goflags( +\S.*)?"), "%goflags [...] of go build", set_flags),
    Command("%env", form(r"%env +([A-Za-z_]\w* +[^=\s].*)"), "%env X Y       set it", set_variable),
    Command("!*", form(r"!\*(.+)"), "!*CMD          in the cells' module", shell_in_module),
)  # fmt: skip
