"""The order of a start: the channel, the output, the reader thread, and only then the imports."""

from __future__ import annotations

import os
import signal
import sys
import types
from typing import Any, Dict

from . import agent, output, wire
from .descriptors import copy_high

REQUESTS, ANSWERS = 3, 4


def main() -> None:
    """Serve until the kernel closes fd 3 or says so. Never returns."""
    signal.signal(signal.SIGINT, _stray)
    channel = wire.Channel(_move_away(REQUESTS), _move_away(ANSWERS))
    _leave_sys_path()
    session = agent.Agent(channel, output.Output())
    session.start()
    _find_packages()
    namespace = _become_main()
    session.load(namespace)
    # Last, so that no file in the person's directory can shadow what the agent itself imports.
    sys.path.insert(0, "")
    session.serve()


def _stray(_signum: int, _frame: Any) -> None:
    """An interrupt before any cell; not SIG_IGN, which child processes would inherit."""


def _move_away(fd: int) -> int:
    moved = copy_high(fd)
    os.close(fd)
    return moved


def _leave_sys_path() -> None:
    """Take the agent's directory from sys.path; the package finds its own modules without."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]
    sys.argv[:] = [""]


def _find_packages() -> None:
    """Let the person's imports find what %dep installs, before what was there already."""
    place = os.environ.get("KERNEL_RUNNER_PACKAGES")
    if place:
        version = "%d.%d" % sys.version_info[:2]
        first = next((i for i, entry in enumerate(sys.path) if "-packages" in entry), len(sys.path))
        sys.path.insert(first, os.path.join(place, version))


def _become_main() -> Dict[str, Any]:
    """Make ``__main__`` the person's module: without __file__, so that multiprocessing's
    children do not run the agent. Returns its namespace."""
    module = types.ModuleType("__main__", "The cells of this session.")
    module.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = module
    return module.__dict__
