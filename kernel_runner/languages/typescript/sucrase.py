"""Where sucrase is, the npm package that takes the types out of TypeScript, and how it comes there.

It is looked for in all of Jupyter's data directories: the user's own, where the kernel puts it
when it is first needed, the virtual environment's, where tools/toolchains.sh puts it, and the
system's. No project's node_modules is touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from jupyter_core.paths import ENV_JUPYTER_PATH, jupyter_data_dir, jupyter_path

from kernel_runner.languages.nodejs.npm import find_npm
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import ToolchainMissing
from kernel_runner.session.kept import run_tool

PACKAGE = "sucrase@3.35"
PLACE = ("kernel_runner", "typescript")


def find_sucrase() -> Path | None:
    """The folder whose node_modules has it; None where it is not installed yet."""
    for folder in map(Path, jupyter_path(*PLACE)):
        if (folder / "node_modules" / "sucrase" / "package.json").is_file():
            return folder
    return None


async def install_sucrase(npm: Sequence[str], home: Path | None = None) -> Path:
    """Bring it into ``home``, or the user's data directory. Raises SpawnError with npm's reason."""
    home = home or Path(jupyter_data_dir()).joinpath(*PLACE)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=home.parent))
    except OSError as error:
        raise SpawnError(f"{PACKAGE}, TypeScript's transpiler, needs a place: {error}.") from error
    try:
        await _run_npm(npm, draft)
        draft.chmod(0o755)
        with contextlib.suppress(OSError):  # another kernel was faster
            draft.rename(home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return home


async def _run_npm(npm: Sequence[str], folder: Path) -> None:
    options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--loglevel=error"]
    where = ("--prefix", str(folder), PACKAGE)
    code, output = await run_tool(*npm, "install", *options, *where, cwd=folder)
    if code:
        reason = output.splitlines() or ["no reason given"]
        home = Path(jupyter_data_dir()).joinpath(*PLACE)
        raise ToolchainMissing(
            f"TypeScript needs {PACKAGE}, which npm could not install ({reason[0]}): "
            f"`npm install --prefix {home} {PACKAGE}` brings it."
        )


def main() -> None:
    """For tools/toolchains.sh: install it into this virtual environment, for all its users."""
    npm = find_npm(sys.argv[1])
    if npm is None:
        sys.exit("There is no npm to install it with.")
    if find_sucrase() is None:
        try:
            asyncio.run(install_sucrase(npm, Path(ENV_JUPYTER_PATH[0]).joinpath(*PLACE)))
        except SpawnError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
