"""Folders for what is worth keeping: the user's own, or else one for as long as we run."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path


def writable(folder: Path) -> Path:
    """This folder, made where it is missing; where it can't be written, one in its stead.

    Home directories are read-only in many containers. Raises OSError where nothing can be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return _passing(folder.name)
    return folder if os.access(folder, os.W_OK) else _passing(folder.name)


@functools.cache
def _passing(name: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"kernel-runner-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
