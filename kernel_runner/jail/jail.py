"""A jail: the command and the settings that put a process, and all it starts, under a policy."""

from __future__ import annotations

import base64
import contextlib
import ctypes
import fnmatch
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir

import kernel_runner
from kernel_runner.homes import writable
from kernel_runner.jail import enter
from kernel_runner.jail.cgroups import Cgroup, CgroupMissing
from kernel_runner.jail.policy import Part, Policy, PolicyError
from kernel_runner.jail.seccomp import INTERNET, LOCAL, SeccompMissing, filter_program
from kernel_runner.process import supervisor
from kernel_runner.process.limits import Limits as StepLimits

# Landlock's rights on files, by the version that brought them: <linux/landlock.h>.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK = (1 << bit for bit in range(6, 12))
MAKE_SYM, REFER, TRUNCATE, IOCTL_DEV = (1 << bit for bit in range(12, 16))
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
SCOPES = {6: 0b11}  # signals and abstract sockets stay inside
RULESET_BYTES = {1: 8, 4: 16, 6: 24}
READ = EXECUTE | READ_FILE | READ_DIR
CHANGE = WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG
# Through these a program could lead the kernel, which looks into the folder that it shares with
# its programs, to somewhere else; so they are only for folders that it does not look into.
LEADING = MAKE_SYM | MAKE_FIFO | MAKE_SOCK
DEVICES = ("/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero")
HISTORY = "history"
RESOLVER = "/etc/resolv.conf"  # often a link to what is in no other folder that is seen
KEPT = ("host", "java", "packages")  # folders for more than one language
PRIVATE = ("/tmp", "/dev/shm")
# In the run directory, where there are no namespaces with a private home and /tmp.
OWN_FOLDERS = ("home", "tmp")
# Variables that say where a toolchain is.
TOOL_VARIABLES = ("CARGO_HOME", "GOROOT", "JAVA_HOME", "RUSTUP_HOME")


class Jail:
    """What encloses a supervisor, by the program part of a policy: see spawner.Enclosure.

    work: the directory that the programs work in. tools: folders that they need beside those of
    the policy. Raises PolicyError where the machine can't give what the policy asks for; notices
    are sentences about what it is done without, if the policy bears that.
    """

    # What is the same in every one: bubblewrap's words, and what has a view without being asked.
    last_words: ClassVar[Sequence[str]] = ("--remount-ro", "/dev", "--remount-ro", "/")
    views: ClassVar[Mapping[str, str]] = {
        "/proc": "proc",
        "/dev": "dev",
        "/tmp": "private",
        "/dev/shm": "private",
    }
    supervises: ClassVar[bool] = True

    def words(self) -> Sequence[str]:
        """Bubblewrap's words for what a process of this jail is."""
        return ("--unshare-pid", "--unshare-cgroup-try", "--as-pid-1")

    def __init__(self, policy: Policy, part: Part, work: str, tools: Sequence[str] = ()) -> None:
        self.policy = policy
        self.part = part
        self.notices: list[str] = []
        self._work = os.path.realpath(work)
        own = [str(Path(kernel_runner.__file__).parent), sys.prefix, sys.base_prefix]
        self._tools = [*own, *tools]
        if part.network == "full":
            self._tools.append(RESOLVER)
        self._cgroup: Cgroup | None = None
        self._home = os.path.realpath(os.path.expanduser("~"))
        self._refuse_shared_work()
        self.apart = part.namespaces and self._can_have(namespaces_trouble())
        self._landlock = landlock_version()
        if not self._landlock:
            self._can_have("Landlock is not there: this system's kernel is too old, or without it")
        elif not self.apart and self._landlock < 6:
            self._can_have("this system's Landlock does not keep signals inside")
        if not self.apart and part.network == "loopback":
            self._can_have("without user namespaces the network is all there or not at all")
        self._seccomp = self._filter()
        self._make_cgroup()

    # -- what the spawner asks for -----------------------------------------------------------------

    def run_directory(self) -> Path:
        """A new folder for temporary files, where none of the private ones hides it."""
        return Path(tempfile.mkdtemp(prefix="kernel-runner-", dir="/var/tmp"))

    def enclose(self, arguments: Sequence[str], run_directory: Path) -> tuple[list[str], list[int]]:
        """The command for a supervisor with these arguments, and descriptors that it inherits."""
        return self.command([supervisor.__file__, *arguments], run_directory)

    def environment(self, env: Mapping[str, str]) -> dict[str, str]:
        """What a program gets to see: of the kernel's own variables, those that are let through."""
        seen = {name: value for name, value in env.items() if self._passes(name, value)}
        if self.apart:
            # What is cached in there is looked at from outside, too.
            cache = f"{self._folder}/cache"
            return seen | {"HOME": self._home, "TMPDIR": "/tmp", "XDG_CACHE_HOME": cache}
        home, temporary = (f"{self._folder}/{name}" for name in OWN_FOLDERS)
        # Compilers move what they cache from folder to folder, which they may in the home only.
        return seen | {"HOME": home, "TMPDIR": temporary, "XDG_CACHE_HOME": f"{home}/.cache"}

    @property
    def limits(self) -> StepLimits:
        """What a step of batch mode, or a query, may cost."""
        return StepLimits(self.part.limits.wall or 0.0, self.part.limits.memory or 0)

    @property
    def counts_memory(self) -> bool:
        """Whether there is a cgroup that holds the memory of all together."""
        return self._cgroup is not None

    def pids(self) -> list[int] | None:
        """The ids of the processes inside that run; None: there is no cgroup that tells it."""
        return self._cgroup.pids() if self._cgroup is not None else None

    def has_killed(self) -> bool:
        """Whether a process was killed, since this was asked last, for want of memory."""
        return self._cgroup is not None and self._cgroup.has_killed()

    def ended(self) -> None:
        """All inside has ended: remove the cgroup."""
        if self._cgroup is not None:
            self._cgroup.remove()
            self._cgroup = None

    # -- how it is made ----------------------------------------------------------------------------

    def command(self, command: Sequence[str], run_directory: Path) -> tuple[list[str], list[int]]:
        """The command that runs another in the jail, and the descriptors that it inherits."""
        self._folder = run_directory
        for name in OWN_FOLDERS:
            (run_directory / name).mkdir(mode=0o700)
        if self._cgroup is None:  # that of a supervisor before this one has gone with it
            self._make_cgroup()
        cgroups = self._cgroup.open() if self._cgroup is not None else []
        settings = {
            "cgroups": cgroups,
            "rlimits": self._rlimits(),
            "drop_capabilities": not self.apart,
            "supervisor": self.supervises,
            "landlock": self._landlock_settings() if self._landlock else None,
            "seccomp": base64.b64encode(self._seccomp).decode("ascii"),
        }
        fd = os.memfd_create("kernel-runner-jail", 0)
        os.write(fd, json.dumps(settings).encode())
        os.lseek(fd, 0, os.SEEK_SET)
        inside = [sys.executable, "-I", "-S", enter.__file__, str(fd), *command]
        outside = self._bubblewrap() if self.apart else []
        return [*outside, *inside], [fd, *cgroups]

    def _bubblewrap(self) -> list[str]:
        words = [
            *BUBBLEWRAP,
            *self.words(),
            *([] if self.part.network == "full" else ["--unshare-net"]),
        ]
        empty: list[str] = []
        size = [] if self.part.limits.space is None else ["--size", str(self.part.limits.space)]
        for _, path, kind in sorted(self._views()):
            match kind:
                case "private":
                    words += ["--perms", "1777" if path in PRIVATE else "0700", *size]
                    words += ["--tmpfs", path]
                case "read":
                    words += ["--ro-bind", path, path]
                case "write":
                    words += ["--bind", path, path]
                case "proc" | "dev":
                    words += [f"--{kind}", path]
                case "devices":
                    words += ["--dev-bind", path, path]
                case _ if os.path.isdir(path):
                    words += ["--perms", "0555", "--tmpfs", path]
                    empty += ["--remount-ro", path]  # once all that is beneath it is there
                case _:
                    words += ["--ro-bind", "/dev/null", path]
        return [*words, *empty, *self.last_words, "--"]

    def _views(self) -> set[tuple[int, str, str]]:
        """How each path is seen: its depth, the path, and the kind of view.

        Of a path and one beneath it, the deeper holds for what is there.
        """
        views = dict(self.views)
        if self.supervises:
            views[self._home] = "private"
        seen = [("read", path) for path in (*self.part.read, *self._tools)]
        seen += [("hide", path) for path in (*self.part.hide, *self._secrets())]
        seen += [("write", path) for path in (*self.part.write, str(self._folder))]
        if self.part.work != "none":
            seen.append((self.part.work, self._work))
        for kind, path in seen:
            # What is not there is left out; a link is seen as what it leads to, and so is that.
            for place in (path, os.path.realpath(path)):
                if os.path.exists(place):
                    views[place] = kind
        return {
            (path.rstrip("/").count("/"), path, kind)
            for path, kind in views.items()
            if needs_view(path, views)
        }

    def _secrets(self) -> list[str]:
        """What no program may see, whatever a policy says."""
        if not self.supervises:
            return []
        data = Path(jupyter_data_dir(), "kernel_runner", HISTORY)
        return [str(data), jupyter_runtime_dir()]

    def _landlock_settings(self) -> dict[str, Any] | None:
        if self.apart and not self.supervises:
            return None  # under Landlock nothing is mounted any more, as the programs' jail needs
        folder = str(self._folder)
        every = newest(RIGHTS, self._landlock)
        if self.apart:
            handled = (LEADING | MAKE_CHAR | MAKE_BLOCK | REFER) & every
            granted = [(path, LEADING | REFER) for path in ("/dev/shm", "/tmp", self._home)]
            granted += [(path, LEADING | REFER) for path in self._writable()]
            granted.append((folder, REFER))
        else:
            handled = every
            granted = self._granted_alone(folder)
        return {
            "handled": handled,
            "granted": [(path, rights & handled) for path, rights in granted],
            "ports": 0,
            "scoped": newest(SCOPES, self._landlock),
            "size": newest(RULESET_BYTES, self._landlock),
        }

    def _granted_alone(self, folder: str) -> list[tuple[str, int]]:
        """The rights on files where there are no namespaces to hide them."""
        # How many processors and how much memory there is: JVMs and DuckDB want to know.
        granted = [("/sys/devices/system/cpu", READ), ("/sys/fs/cgroup", READ)]
        granted.append(("/proc", READ | WRITE_FILE))
        granted += [(path, READ | WRITE_FILE | IOCTL_DEV) for path in DEVICES]
        # Of other terminals, too, but only to write; and only what is no typing.
        granted.append(("/dev/pts", WRITE_FILE | IOCTL_DEV | READ_DIR))
        granted.append(("/dev/shm", READ | CHANGE))
        granted += [(f"{folder}/{name}", READ | CHANGE | LEADING | REFER) for name in OWN_FOLDERS]
        views = {path: kind for _, path, kind in self._views()}
        granted += [
            (path, READ | WRITE_FILE | IOCTL_DEV)
            for path, kind in views.items()
            if kind == "devices"
        ]
        views = {path: kind for path, kind in views.items() if kind in ("read", "write", "hide")}
        for path, kind in views.items():
            if kind != "hide":
                rights = READ if kind == "read" else READ | CHANGE
                rights |= 0 if kind == "read" or path == folder else LEADING | REFER
                granted += [(place, rights) for place in without_others(path, views)]
        return granted

    def _writable(self) -> list[str]:
        return [*self.part.write, *([self._work] if self.part.work == "write" else [])]

    def _rlimits(self) -> dict[str, int]:
        limits = self.part.limits
        found: dict[str, int | None] = {
            "RLIMIT_NOFILE": limits.files,
            "RLIMIT_FSIZE": limits.file_size,
            "RLIMIT_CORE": 0,
            "RLIMIT_DATA": limits.memory,
        }
        if limits.processes is not None:
            # Outside a namespace of its own the person's other processes count, too.
            others = 0 if self.apart else threads_of(os.getuid())
            found["RLIMIT_NPROC"] = limits.processes + others
        return {name: value for name, value in found.items() if value is not None}

    def _filter(self) -> bytes:
        if not self.supervises:
            return b""
        families: set[int] = set(INTERNET) if self.part.network != "none" else set()
        if self.apart:  # beyond that, Landlock does not see who opens sockets in the file system
            families |= LOCAL
        try:
            return filter_program(families)
        except SeccompMissing as error:
            self._can_have(str(error))
            return b""

    def _make_cgroup(self) -> None:
        """Make a cgroup where it can be had; else rlimits hold, but for the number of root's."""
        limits = {"memory": self.part.limits.memory, "pids": self.part.limits.processes}
        wanted = {name: limit for name, limit in limits.items() if limit is not None}
        try:
            self._cgroup = Cgroup(wanted) if wanted else None
        except CgroupMissing as error:
            if "pids" in wanted and os.geteuid() == 0:
                self._can_have(f"root's processes are not limited, and {error}")

    def _can_have(self, trouble: str) -> bool:
        """Whether there is no trouble with something that the policy asks for.

        Raises PolicyError where the policy does not bear it.
        """
        if trouble and not self.policy.degrade:
            raise PolicyError(
                f"The policy {self.policy.path.stem} cannot be kept here: {trouble}; "
                "only `degrade: true` in it would go without."
            )
        if trouble:
            self.notices.append(f"The jail {self.policy.path.stem} is weaker here: {trouble}.")
        return not trouble

    def _refuse_shared_work(self) -> None:
        if self.part.work == "none":
            return
        for path in (self._home, jupyter_runtime_dir(), jupyter_data_dir(), "/tmp", "/var/tmp"):
            if Path(os.path.realpath(path)).is_relative_to(self._work):
                raise PolicyError(
                    f"The work directory {self._work} holds more than work ({path} is in it): "
                    "a jail needs a folder of its own."
                )

    def _passes(self, name: str, value: str) -> bool:
        patterns = self.part.environment
        if patterns is None or os.environ.get(name) != value:
            return True
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


class KernelJail(Jail):
    """The jail of a kernel, by the kernel part of a policy: its programs get one inside it.

    So it has no pid namespace, no filter of system calls, and no home or /tmp of its own.
    """

    last_words = ("--remount-ro", "/")
    views: ClassVar[Mapping[str, str]] = {
        "/proc": "write",
        "/dev": "devices",
        "/sys/fs/cgroup": "write",
    }
    supervises = False

    def words(self) -> Sequence[str]:
        """Root needs one capability more to make a user namespace in its own: uid 0 is mapped."""
        return ("--cap-add", "CAP_SETFCAP") if os.geteuid() == 0 else ()

    def _make_cgroup(self) -> None:
        """Make a cgroup in which that of the programs can be, or else do without."""
        limits = self.part.limits
        with contextlib.suppress(CgroupMissing):
            self._cgroup = Cgroup({"memory": limits.memory, "pids": limits.processes})


# How bubblewrap is called, whatever the policy.
BUBBLEWRAP = (
    *("bwrap", "--die-with-parent", "--unshare-user", "--unshare-ipc", "--unshare-uts"),
    *("--cap-drop", "ALL"),
)


def tool_folders(program: str) -> list[str]:
    """What a program of a toolchain comes with, wherever it is, and what variables say of it."""
    home = Path(os.path.realpath(os.path.expanduser("~")))
    found = [os.environ[name] for name in TOOL_VARIABLES if name in os.environ]
    for path in {Path(program), Path(os.path.realpath(program))} if program else ():
        folder = path.parent
        if folder.name == "bin" and not home.is_relative_to(folder.parent):
            folder = folder.parent
        found.append(str(folder))
    return [path for path in found if not home.is_relative_to(path)]


def kept_folders(language: str) -> list[str]:
    """Where what is made once for a language is kept, as yet unmade, too."""
    kept = Path(jupyter_data_dir(), "kernel_runner")
    return [str(kept), *(str(writable(kept / name)) for name in (*KEPT, language))]


@cache
def namespaces_trouble() -> str:
    """Why there are no user namespaces for us here; empty: there are."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not there (`apt-get install bubblewrap` brings it)"
    probe = [
        *BUBBLEWRAP,
        "--unshare-net",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    answer = subprocess.run([*probe, "true"], capture_output=True, check=False, text=True)
    if answer.returncode == 0:
        return ""
    return f"this system refuses user namespaces ({answer.stderr.strip().removeprefix('bwrap: ')})"


@cache
def landlock_version() -> int:
    """Landlock's ABI on this machine; 0: it has none."""
    call = enter.libc.syscall
    return max(0, int(call(enter.LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def newest(table: Mapping[int, int], version: int) -> int:
    """The entry for the newest version that is not newer; 0 where there is none."""
    return next((table[number] for number in sorted(table, reverse=True) if number <= version), 0)


def seen_there(path: str, views: Mapping[str, str]) -> bool:
    """Whether a path would be seen if it had no view of its own."""
    above = next((str(parent) for parent in Path(path).parents if str(parent) in views), "")
    return views.get(above) in ("read", "write")


def needs_view(path: str, views: Mapping[str, str]) -> bool:
    """Whether a view says more than those above it: what is not seen needs no hiding, and a
    link that is seen leads to where it always does.
    """
    seen = seen_there(path, views)
    if path != os.path.realpath(path):
        return not seen and views[path] != "hide"
    return seen or views[path] != "hide"


def without_others(path: str, views: Mapping[str, str], kind: str = "") -> list[str]:
    """The paths that together are all of ``path`` but what has less rights beneath it."""
    kind = kind or views[path]
    less = ("hide",) if kind == "read" else ("hide", "read")
    beneath = [place for place in views if place != path and Path(place).is_relative_to(path)]
    if not any(views[place] in less for place in beneath):
        return [path]
    found = []
    for name in os.listdir(path):
        place = os.path.join(path, name)
        if place not in views and not os.path.islink(place):
            found += without_others(place, views, kind)
    return found


def threads_of(uid: int) -> int:
    """How many threads a user has."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                if os.stat(f"/proc/{name}").st_uid == uid:
                    count += len(os.listdir(f"/proc/{name}/task"))
            except OSError:
                continue
    return count
