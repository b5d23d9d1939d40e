"""Launching a kernel: ``python -m kernel_runner LANGUAGE -f CONNECTION_FILE``.

The supervisor and the session are started before ipykernel is imported, the larger part of a
kernel's start: they come up on another core meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kernel_runner.jail import VARIABLE
from kernel_runner.lean import without_init
from kernel_runner.process.spawner import Spawner, SpawnError

if TYPE_CHECKING:
    from kernel_runner.kernel import RunnerKernel

USAGE = "usage: python -m kernel_runner LANGUAGE -f CONNECTION_FILE"
WRONG_USE = 2


def main() -> int:
    """Run a kernel until it is shut down; its exit code."""
    spawner = Spawner()
    if not any(word.startswith("--jail") for word in sys.argv) and VARIABLE not in os.environ:
        spawner.start()
    return asyncio.run(launch(sys.argv[1:], spawner))


async def launch(arguments: list[str], spawner: Spawner) -> int:
    """Start the runner, then the rest of the kernel around it."""
    from traitlets import TraitError

    from kernel_runner.languages import UnknownLanguage, runner_class
    from kernel_runner.settings import Settings, SettingsError, enclose

    try:
        if not arguments or arguments[0].startswith("-"):
            raise SettingsError(USAGE)
        class_ = runner_class(arguments[0])
        settings = Settings()
        settings.read(class_, arguments[1:])
        await enclose(spawner, class_, settings)
        if spawner.enclosure is not None:
            await spawner.ready()  # the first session would only wait for it behind the imports
        runner = class_(spawner, parent=settings)
    except (UnknownLanguage, SettingsError, SpawnError, TraitError) as error:
        await spawner.close()
        return fail(str(error))
    await runner.init_with_loop()
    await asyncio.sleep(0)  # so that it asks for its session before the long imports

    with without_init("IPython", "ipykernel", "jupyter_client"):
        from kernel_runner.connection import Connection, ConnectionRefused

    try:
        connection = Connection(parent=settings, connection_file=settings.connection_file)
        kernel = connection.open(runner)
    except (ConnectionRefused, TraitError) as error:
        await spawner.close()
        return fail(str(error))
    return await serve(kernel, connection)


async def serve(kernel: RunnerKernel, connection: Any) -> int:
    """Serve until the kernel is stopped by a request, by a signal, or by its parent's end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, kernel.stop)
    loop.add_signal_handler(signal.SIGINT, kernel.interrupt_soon)
    with leaving_with(os.environ.get("JPY_PARENT_PID", ""), kernel.stop):
        kernel.start()
        await kernel.stopped
    await kernel.end_programs()
    connection.close()
    return 0


@contextlib.contextmanager
def leaving_with(parent: str, stop: Callable[[], None]) -> Iterator[None]:
    """Stop when the server that started us, whose process id this is, has gone without a word."""
    pidfd = -1
    if parent.isdecimal():
        with contextlib.suppress(OSError):
            pidfd = os.pidfd_open(int(parent))
    if pidfd < 0:
        yield
        return
    loop = asyncio.get_running_loop()
    loop.add_reader(pidfd, stop)
    try:
        yield
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)


def fail(sentence: str) -> int:
    """Say why there will be no kernel."""
    print(sentence, file=sys.stderr)
    return WRONG_USE
