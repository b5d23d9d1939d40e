"""The filter of system calls that holds for everything in a jail, made by libseccomp."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import socket
from pathlib import Path

from jupyter_core.paths import jupyter_data_dir

# What no program of a cell needs, and what has let many a one out of where it was to stay.
# fmt: off
REFUSED = (
    "acct", "add_key", "bpf", "delete_module", "fanotify_init", "finit_module", "fsconfig",
    "fsmount", "fsopen", "fspick", "init_module", "io_uring_enter", "io_uring_register",
    "io_uring_setup", "ioperm", "iopl", "kcmp", "kexec_file_load", "kexec_load", "keyctl",
    "lookup_dcookie", "mount", "mount_setattr", "move_mount", "name_to_handle_at", "nfsservctl",
    "open_by_handle_at", "open_tree", "perf_event_open", "pidfd_getfd", "pivot_root",
    "ptrace", "quotactl", "quotactl_fd", "reboot",
    "request_key", "setns", "swapoff", "swapon", "syslog", "umount", "umount2", "unshare",
    "userfaultfd", "vhangup",
)
# fmt: on
CLONE_NEW = 0x7E020080  # every CLONE_NEW... flag: <linux/sched.h>
# They put characters into a terminal's input, as if they had been typed.
TYPING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
FAMILIES = range(64)
ALWAYS = {socket.AF_NETLINK}  # by which the C library learns what interfaces there are
LOCAL = {socket.AF_UNIX}
INTERNET = {socket.AF_INET, socket.AF_INET6}


class SeccompMissing(Exception):
    """There is no libseccomp here; the message is a sentence."""


def filter_program(families: set[int]) -> bytes:
    """The filter, for the kernel's BPF machine: sockets are of these families only.

    It is kept in Jupyter's data directory, since to load the library takes longer than to start a
    jail. Raises SeccompMissing.
    """
    what = f"2 {platform.machine()} {platform.release()} {sorted(families)} {REFUSED}"
    digest = hashlib.sha256(what.encode()).hexdigest()[:16]
    kept = Path(jupyter_data_dir()) / "kernel_runner" / "jail" / f"{digest}.bpf"
    try:
        return kept.read_bytes()
    except OSError:
        program = compiled(families)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(f".{os.getpid()}")
        draft.write_bytes(program)
        draft.replace(kept)
    except OSError:
        pass  # a directory that can't be written only costs time at the next start
    return program


def compiled(families: set[int]) -> bytes:
    """The filter, fresh from libseccomp. Raises SeccompMissing."""
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise SeccompMissing(
            "pyseccomp with libseccomp is not there: `pip install 'kernel-runner[jail]'` and "
            "`apt-get install libseccomp2` bring them"
        ) from error
    families = families | ALWAYS
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.ERRNO(errno.ENOSYS))
    refuse = seccomp.ERRNO(errno.EPERM)

    def masked(argument: int, mask: int, value: int) -> object:
        return seccomp.Arg(argument, seccomp.MASKED_EQ, mask, value)

    for name in REFUSED:
        try:
            rules.add_rule(refuse, name)
        except (ValueError, OSError):
            continue  # another machine's
    for bit in range(32):
        if CLONE_NEW >> bit & 1:
            rules.add_rule(refuse, "clone", masked(0, 1 << bit, 1 << bit))
    # Its flags are in memory, where no filter looks; programs go on with clone.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for request in TYPING:
        rules.add_rule(refuse, "ioctl", masked(1, 0xFFFFFFFF, request))
    unsupported = seccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in FAMILIES:
        if family not in families:
            rules.add_rule(unsupported, "socket", masked(0, 0xFFFFFFFF, family))
    with os.fdopen(os.memfd_create("seccomp"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
