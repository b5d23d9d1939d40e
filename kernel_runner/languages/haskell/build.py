"""The agent's program, built once for each GHC."""

from __future__ import annotations

from pathlib import Path

from kernel_runner.process.spawner import SpawnError
from kernel_runner.session.kept import Kept, run_tool

FOLDER = Path(__file__).parent
PROGRAM, PACKAGES, LIBRARIES = "program", "packages", "libraries"


class AgentBuild:
    """Where the program for a ``ghc`` is, whether it is there yet or not."""

    def __init__(self, ghc: str) -> None:
        self._ghc = ghc
        self._kept = Kept("haskell", ghc, [*FOLDER.rglob("*.hs"), FOLDER / "build.sh"])

    def command(self) -> list[str]:
        """The program, and where its libraries and the package that cells share with it are."""
        folder = self._kept.folder
        libraries = (folder / LIBRARIES).read_text().strip()
        return [str(folder / PROGRAM), libraries, str(folder / PACKAGES)]

    async def build(self) -> None:
        """Build it where it is missing. Raises SpawnError with what the compiler says."""
        await self._kept.make(self._build_in)

    async def _build_in(self, draft: Path) -> None:
        code, text = await run_tool("/bin/sh", str(FOLDER / "build.sh"), self._ghc, str(draft))
        if code:
            raise SpawnError(f"Haskell's agent could not be built with {self._ghc}:\n{text}")
