"""The agent, compiled once for each Racket: expanding it anew would cost each start a second.

It is kept in Jupyter's data directory, under a name made of the agent's source and the Racket.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from kernel_runner.language import program_identity

SOURCES = Path(__file__).parent / "agent"
COMPILE = ("-l-", "raco", "make")


def compiled_folder(racket: Sequence[str]) -> Path:
    """Where the compiled agent for a ``racket`` is, whether it is there yet or not."""
    digest = hashlib.sha256(program_identity(racket[0]).encode())
    for source in sorted(SOURCES.glob("*.rkt")):
        digest.update(source.read_bytes())
    return Path(jupyter_data_dir()) / "kernel_runner" / "racket" / digest.hexdigest()[:16]


async def compile_agent(racket: Sequence[str]) -> None:
    """Compile the agent where that is not done. What goes wrong here only costs time at starts."""
    folder = compiled_folder(racket)
    if folder.exists():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent))
    except OSError:
        return
    try:
        copy = draft / "agent"
        shutil.copytree(SOURCES, copy, ignore=shutil.ignore_patterns("compiled"))
        if await _run([*racket, *COMPILE, str(copy / "main.rkt")]) == 0:
            copy.replace(folder)
    except OSError:
        return  # another kernel was faster
    finally:
        shutil.rmtree(draft, ignore_errors=True)


async def _run(command: Sequence[str]) -> int:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
