"""Calls the agent before a child process starts, so that output keeps its order.

os.fork has a hook of its own (os.register_at_fork), but the others do not use it. An audit hook
would see them all, but also every import, open and id(), which it makes slower; so the three
functions that start a child are wrapped instead. subprocess, os.popen and multiprocessing end up
in one of them.
"""

from __future__ import annotations

import _posixsubprocess
import functools
import os
import signal
import sys
from typing import Any, Callable


def call_before_start(hook: Callable[[], None]) -> None:
    """Call ``hook`` before each child process that is started without os.fork."""
    posix: Any = sys.modules["posix"]
    replacements = {"system": _before(hook, _interruptible(os.system))}
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(posix, name):
            replacements[name] = _before(hook, getattr(posix, name))
    for name, function in replacements.items():
        setattr(posix, name, function)
        setattr(os, name, function)
    fork_exec = _before(hook, _posixsubprocess.fork_exec)
    _posixsubprocess.fork_exec = fork_exec
    subprocess: Any = sys.modules.get("subprocess")
    if hasattr(subprocess, "_fork_exec"):
        subprocess._fork_exec = fork_exec


def _before(hook: Callable[[], None], function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def starts_child(*args: Any, **kwargs: Any) -> Any:
        hook()
        return function(*args, **kwargs)

    return starts_child


def _interruptible(system: Callable[..., int]) -> Callable[..., int]:
    """C's system() ignores SIGINT while it waits, so that a loop over os.system could not be
    stopped: where the interrupt has ended the command, it ends the cell too."""

    @functools.wraps(system)
    def runs_command(command: Any) -> int:
        status = system(command)
        if status in (signal.SIGINT, (128 + signal.SIGINT) << 8):
            signal.raise_signal(signal.SIGINT)
        return status

    return runs_command
