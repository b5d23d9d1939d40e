"""What is made once for each toolchain, and kept: agents that are programs, jars, compiled code."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from kernel_runner.homes import writable
from kernel_runner.language import program_identity
from kernel_runner.process.spawner import SpawnError


class Kept:
    """A folder in Jupyter's data directory, whose name says what it was made of.

    Where nothing can be written there, it is made for as long as we run.

    name: the language's; programs: the toolchain's path, or paths; sources: files that it is made
    from.
    """

    def __init__(self, name: str, programs: str | Sequence[str], sources: Iterable[Path]) -> None:
        paths = [programs] if isinstance(programs, str) else programs
        digest = hashlib.sha256("\n".join(map(program_identity, paths)).encode())
        for source in sorted(sources):
            digest.update(source.read_bytes())
        home = Path(jupyter_data_dir()) / "kernel_runner" / name
        self.folder = home / digest.hexdigest()[:16]

    async def make(self, work: Callable[[Path], Awaitable[None]]) -> None:
        """Have ``work`` fill the folder where it is missing: all at once, or not at all.

        Raises SpawnError where there is no place for it, and what ``work`` raises.
        """
        if self.folder.exists():
            return
        home = self.folder.parent
        try:
            home = writable(home)
            draft = Path(tempfile.mkdtemp(prefix="draft-", dir=home))
        except OSError as error:
            raise SpawnError(f"{home} cannot be written: {error.strerror}.") from error
        self.folder = home / self.folder.name
        try:
            await work(draft)
            draft.rename(self.folder)
        except OSError as error:
            if not self.folder.exists():  # else another kernel was quicker
                raise SpawnError(f"{self.folder} cannot be made: {error.strerror}.") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)


async def run_tool(*command: str, cwd: Path | None = None) -> tuple[int, str]:
    """Run a program of the toolchain: its exit code, and what it says. It ends when cancelled."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=cwd,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    return process.returncode or 0, output.decode("utf-8", "replace").strip()
