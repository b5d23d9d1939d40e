"""The agent's program, built once for each GHC.

It is kept in Jupyter's data directory, under a name made of the agent's source and the compiler.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

from kernel_runner.language import program_identity
from kernel_runner.process.spawner import SpawnError

FOLDER = Path(__file__).parent
PROGRAM, PACKAGES, LIBRARIES = "program", "packages", "libraries"


class AgentBuild:
    """Where the program for a ``ghc`` is, whether it is there yet or not."""

    def __init__(self, ghc: str) -> None:
        self._ghc = ghc
        digest = hashlib.sha256(program_identity(ghc).encode())
        for source in sorted([*FOLDER.rglob("*.hs"), FOLDER / "build.sh"]):
            digest.update(source.read_bytes())
        data = Path(jupyter_data_dir()) / "kernel_runner" / "haskell"
        self.folder = data / digest.hexdigest()[:16]

    def command(self) -> list[str]:
        """The program, and where its libraries and the package that cells share with it are."""
        libraries = (self.folder / LIBRARIES).read_text().strip()
        return [str(self.folder / PROGRAM), libraries, str(self.folder / PACKAGES)]

    async def build(self) -> None:
        """Build it where it is missing. Raises SpawnError with what the compiler says."""
        if self.folder.exists():
            return
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix="draft-", dir=self.folder.parent))
        except OSError as error:
            raise SpawnError(f"Haskell's agent needs a place for its program: {error}.") from error
        try:
            await self._build_in(draft)
            draft.rename(self.folder)
        except OSError:
            if not self.folder.exists():  # else another kernel was quicker
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    async def _build_in(self, draft: Path) -> None:
        process = await asyncio.create_subprocess_exec(
            "/bin/sh",
            str(FOLDER / "build.sh"),
            self._ghc,
            str(draft),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            output, _ = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
        if process.returncode:
            text = output.decode("utf-8", "replace").strip()
            raise SpawnError(f"Haskell's agent could not be built with {self._ghc}:\n{text}")
