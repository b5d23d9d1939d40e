"""The agent's jar, compiled once for each JDK, and the archive of classes that makes it start fast.

Both are kept in Jupyter's data directory, under a name made of the agent's source, the JDK and the
language's own jars.
https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html tells of such archives.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from kernel_runner.process.spawner import SpawnError
from kernel_runner.session.frames import Frame
from kernel_runner.session.kept import Kept, run_tool

SHARED = Path(__file__).parent / "agent"
# The compiler without its own program, which a runtime package does not bring.
COMPILER = (
    *("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),  # it is over before better code would pay
    *("-m", "jdk.compiler/com.sun.tools.javac.Main"),
    *("-XDignore.symbol.file", "-nowarn", "-proc:none"),
)


class Archive:
    """Where a language's jar and archive are, whether they are there yet or not.

    sources: the folder of the language's part of the agent; jars: what that needs beside the JDK.
    """

    def __init__(self, name: str, java: Sequence[str], sources: Path, jars: Sequence[str]) -> None:
        self._java = java
        files = [*SHARED.iterdir(), *sources.iterdir()]
        self._sources = sorted(path for path in files if path.suffix == ".java")
        self._others = [path for path in files if path.suffix != ".java"]
        self._jars = jars
        self._kept = Kept(name, [java[0], *jars], files)
        self.folder = self._kept.folder
        self.jar = self.folder / "agent.jar"
        self.classes = self.folder / "agent.jsa"

    async def build(self) -> None:
        """Compile the jar where it is missing. Raises SpawnError with what the compiler says."""
        await self._kept.make(self._build_in)

    async def _build_in(self, draft: Path) -> None:
        with tempfile.TemporaryDirectory(dir=draft) as folder:
            path = ["-cp", os.pathsep.join(self._jars)] if self._jars else []
            compiler = [*self._java, *COMPILER, *path, "-encoding", "UTF-8", "-d", folder]
            code, text = await run_tool(*compiler, *map(str, self._sources))
            if code:
                needs = "The agent needs a whole JDK, 17 or later"
                raise SpawnError(f"{needs}:\n{text}")
            for other in self._others:
                shutil.copy(other, folder)
            pack(Path(folder), draft / "agent.jar")

    async def record(self, command: Sequence[str], rehearsal: str) -> None:
        """Make the archive: a JVM that is started for it writes down which classes it has loaded.

        command: what starts the agent; rehearsal: a cell that loads the classes, and ends the JVM.
        What goes wrong here only costs time at later starts.
        """
        draft = self.folder / f"agent.{os.getpid()}.jsa"
        requests, ours = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                command[0],
                f"-XX:ArchiveClassesAtExit={draft}",
                *command[1:],
                f"/dev/fd/{requests}",
                os.devnull,
                pass_fds=(requests,),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            fields = [rehearsal.encode(), b"1", b"", b"", b"{}"]
            os.write(ours, Frame("E", 1, tuple(fields)).encode())
            try:
                await process.wait()
            except asyncio.CancelledError:
                process.kill()
                await process.wait()
                raise
            with contextlib.suppress(OSError):
                draft.replace(self.classes)
        finally:
            for fd in (requests, ours):
                os.close(fd)
            draft.unlink(missing_ok=True)


def pack(folder: Path, jar: Path) -> None:
    """Put compiled classes, and what lies beside them, into a jar."""
    with zipfile.ZipFile(jar, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
