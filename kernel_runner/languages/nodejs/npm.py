"""npm, the package manager of Node.js."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def find_npm(node: str) -> list[str] | None:
    """The command that starts npm; a wheel's Node.js has it beside its program."""
    if found := shutil.which("npm"):
        return [found]
    prefix = Path(os.path.realpath(node)).parent.parent
    script = prefix / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [os.path.abspath(node), str(script)] if script.is_file() else None
