"""A runner without a kernel: what ``kernel-runner run`` and ``kernel-runner query`` do."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

from kernel_runner.languages import runner_class
from kernel_runner.process.foreground import Foreground, Stopped
from kernel_runner.process.spawner import Spawner
from kernel_runner.terminal_console import TerminalConsole

if TYPE_CHECKING:
    from kernel_runner.batch import Batch
    from kernel_runner.process.limits import Limits
    from kernel_runner.receipt import Receipt
    from kernel_runner.runner import BaseRunner
    from kernel_runner.settings import Settings

INTERRUPTED = 128 + signal.SIGINT


def run(
    language: str, path: str, batch: Batch, limits: Limits, receipt: Receipt, jail: str = ""
) -> int:
    """Clean, build and run a project, or a single file, in the foreground; the exit code.

    Each step stays within the limits, and what it cost is in the receipt. jail: the policy that
    the programs are jailed by; empty: what the settings say.
    Raises UnknownLanguage, SettingsError, SpawnError, BatchError and OSError.
    """
    open_standard_streams()
    foreground = Foreground()
    if not jail:
        foreground.spawner.start()
    return asyncio.run(_run(language, path, batch, limits, receipt, foreground, jail))


def query(language: str, code: str, answers: int | None, jail: str = "") -> int:
    """Run a cell; its exit code. Questions are answered from the descriptor ``answers``.

    jail: the policy that the programs are jailed by; empty: what the settings say.
    Raises UnknownLanguage, SettingsError, SpawnError, BatchError and CommandError.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    spawner = Spawner()
    if not jail:
        spawner.start()
    return asyncio.run(_query(language, code, TerminalConsole(answers), spawner, jail))


async def _run(
    language: str,
    path: str,
    batch: Batch,
    limits: Limits,
    receipt: Receipt,
    foreground: Foreground,
    jail: str,
) -> int:
    try:
        main = enter_project(path)
        runner = await make_own_runner(language, foreground.spawner, jail, main)
        runner.main = main
        runner.foreground = foreground
        runner.env = {**os.environ, **runner.environment, "PWD": os.getcwd()}
        runner.prepare(TerminalConsole(), 1)
        runner.receipt, runner.limits = receipt, limits.stricter(jail_limits(foreground.spawner))
        with foreground:
            return await runner.run_batch(batch)
    except Stopped as stopped:
        return stopped.code
    finally:
        await foreground.spawner.close()


async def _query(
    language: str, code: str, console: TerminalConsole, spawner: Spawner, jail: str
) -> int:
    from kernel_runner.console import CellError
    from kernel_runner.magics import run_cell
    from kernel_runner.process.limits import LimitExceeded, within

    try:
        runner = await make_own_runner(language, spawner, jail)
        await runner.init_with_loop()
        runner.prepare(console, 1)
        interrupts: list[asyncio.Task[None]] = []
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGINT, lambda: interrupts.append(asyncio.create_task(runner.interrupt()))
        )
        exit_code = await within(jail_limits(spawner), spawner, run_cell(runner, code, list))
        return INTERRUPTED if exit_code and interrupts else exit_code
    except LimitExceeded as exceeded:
        console.error(CellError.plain(exceeded.name, str(exceeded)))
        return exceeded.code
    finally:
        await spawner.close()


def jail_limits(spawner: Spawner) -> Limits:
    """What a jail's policy says that a step, or a cell, may cost."""
    from kernel_runner.process.limits import Limits

    return spawner.enclosure.limits if spawner.enclosure is not None else Limits()


async def make_own_runner(language: str, spawner: Spawner, jail: str, main: str = "") -> BaseRunner:
    """The one runner of this process; where its programs are in a jail, they see ``main``.

    Raises UnknownLanguage, SettingsError.
    """
    from kernel_runner.settings import enclose

    class_, settings = read_settings(language, jail)
    await enclose(spawner, class_, settings, seen=[os.path.abspath(main)] if main else [])
    runner = class_(spawner, parent=settings)
    collect_garbage()
    return runner


def read_settings(language: str, jail: str) -> tuple[type[BaseRunner], Settings]:
    """A language's runner and the person's settings, in which a policy is ``jail`` if given.

    Raises UnknownLanguage, SettingsError.
    """
    from kernel_runner.settings import Settings

    class_ = runner_class(language)
    settings = Settings()
    settings.read(class_, [])
    settings.jail = jail or settings.jail
    return class_, settings


def collect_garbage() -> None:
    """From here on there is some; what is here stays (see cli.main)."""
    gc.freeze()
    gc.enable()


def enter_project(path: str) -> str:
    """Go to a project's folder, or give the path of a single file. Raises OSError."""
    if os.path.isdir(path):
        os.chdir(path)
        return ""
    os.stat(path)
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    return path


def open_standard_streams() -> None:
    """Open those that are closed, so that nothing of ours takes their numbers."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def leave(number: int, frame: FrameType | None) -> None:
    """End at once, as a signal has asked; what was started ends with us."""
    sys.exit(128 + number)
