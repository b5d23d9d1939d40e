"""The last step into a jail: ``python -I -S enter.py SETTINGS_FD COMMAND...``.

What bubblewrap does not do is done here, in the process that becomes COMMAND: it joins its
cgroups, takes its rlimits, and gives up for good, for itself and all that it starts, whatever
Landlock and seccomp are told to refuse. Where COMMAND is the supervisor, it is loaded in this
process, which nobody inside may look into: it holds the kernel's socket.

Only the standard library is used, and little of it: this is on the way of every kernel's start.
"""

from __future__ import annotations

import base64
import ctypes
import importlib.util
import json
import os
import resource
import struct
import sys
from typing import Any

PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 22, 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
SECCOMP_MODE_FILTER = 2
CAPABILITY_VERSION_3 = 0x20080522
# System calls that have the same number on every machine: <asm-generic/unistd.h>.
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_RULE_PATH_BENEATH = 1
# What may be granted on a file that is no directory: execute, write, read, truncate, ioctl.
OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15

libc = ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """A system call's result. Raises OSError."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def join_cgroups(files: list[int]) -> None:
    """Put this process into cgroups, each by its open cgroup.procs."""
    for fd in files:
        os.write(fd, b"0")
        os.close(fd)


def set_limits(limits: dict[str, int]) -> None:
    """Set rlimits, by their names."""
    for name, value in limits.items():
        _, hard = resource.getrlimit(getattr(resource, name))
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(getattr(resource, name), (most, most))


def drop_capabilities() -> None:
    """Give up every capability, also those that a program could gain."""
    number = 0
    while libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0:
        number += 1
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    check(libc.capset(header, bytes(24)), "capset")


def apply_landlock(landlock: dict[str, Any]) -> None:
    """Apply Landlock: rights on files that are refused but where granted, and scopes."""
    ruleset = struct.pack("=QQQ", landlock["handled"], landlock["ports"], landlock["scoped"])
    size = landlock["size"]
    created = libc.syscall(LANDLOCK_CREATE_RULESET, ruleset[:size], ctypes.c_size_t(size), 0)
    rules = check(created, "landlock_create_ruleset")
    for path, granted in landlock["granted"]:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:  # what is not there needs no rule
            continue
        rights = granted if os.path.isdir(path) else granted & OF_FILES
        if rights:
            rule = struct.pack("=Qi", rights, fd)
            added = libc.syscall(LANDLOCK_ADD_RULE, rules, LANDLOCK_RULE_PATH_BENEATH, rule, 0)
            check(added, path)
        os.close(fd)
    check(libc.syscall(LANDLOCK_RESTRICT_SELF, rules, 0), "landlock_restrict_self")
    os.close(rules)


def apply_seccomp(program: bytes) -> None:
    """Apply a filter of system calls: a program for the kernel's BPF machine."""
    instructions = ctypes.create_string_buffer(program, len(program))
    count, address = len(program) // 8, ctypes.addressof(instructions)
    check(
        libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, struct.pack("@HP", count, address), 0, 0),
        "seccomp",
    )


def main() -> None:
    """Do what the settings say, and become the command."""
    with open(int(sys.argv[1]), "rb") as file:
        settings = json.load(file)
    join_cgroups(settings["cgroups"])
    set_limits(settings["rlimits"])
    if settings["drop_capabilities"]:
        drop_capabilities()
    check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if settings["landlock"]:
        apply_landlock(settings["landlock"])
    if settings["seccomp"]:
        apply_seccomp(base64.b64decode(settings["seccomp"]))
    command = sys.argv[2:]
    if not settings["supervisor"]:
        os.execvp(command[0], command)
    check(libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
    spec = importlib.util.spec_from_file_location("supervisor", command[0])
    assert spec is not None and spec.loader is not None
    supervisor = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(supervisor)
    sys.argv = command
    supervisor.main()


if __name__ == "__main__":
    main()
