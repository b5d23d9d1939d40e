"""Importing parts of a package without the whole of it.

A kernel needs ipykernel.kernelbase, jupyter_client.session and jupyter_client.connect. Their
packages' own __init__ modules import clients, managers and all of IPython besides: a quarter of
the time that a kernel takes to start, for what it never uses.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def without_init(*packages: str) -> Iterator[None]:
    """While in this context, import modules of these packages without the packages' __init__.

    Afterwards whoever imports one of the packages gets it whole, as ever. Packages that are
    already imported are left alone.
    """
    bare = [name for name in packages if name not in sys.modules]
    for name in bare:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            package = ModuleType(name)
            package.__path__ = list(spec.submodule_search_locations)
            package.__spec__ = spec
            sys.modules[name] = package
    try:
        yield
    finally:
        for name in bare:
            sys.modules.pop(name, None)
