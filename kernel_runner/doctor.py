"""What there is and whether it works: languages, kernels, and what they need of the system."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import kernel_runner
from kernel_runner.console import CapturingConsole
from kernel_runner.kernelspec import ANY_PYTHON, UNREACHABLE, Installed, installed
from kernel_runner.languages import UnknownLanguage, all_languages, runner_class
from kernel_runner.process.program import Program
from kernel_runner.process.spawner import Spawner, SpawnError
from kernel_runner.runner import child_environment

LIBRARIES = ("jupyter_client", "jupyter_core", "ipykernel", "pyzmq", "tornado", "traitlets")
PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
# Yama's settings, by number: <Documentation/admin-guide/LSM/Yama.rst>.
SCOPES = ("everyone's own", "descendants only", "administrators only", "nobody")
PATIENCE = 5.0
ANSWER = "kernel-runner"


@dataclass
class LanguageState:
    """A language: its toolchain's command and version, or what to install; its kernels' names."""

    name: str
    display_name: str
    toolchain: list[str] | None
    version: str
    missing: str
    kernels: list[str]


@dataclass
class Check:
    """Something that was looked at: whether it is as it should be, and what was found."""

    name: str
    ok: bool
    detail: str

    @property
    def row(self) -> list[str]:
        """As a row of a table."""
        return [self.name, "works" if self.ok else "broken", self.detail]


@dataclass
class Diagnosis:
    """All that the doctor has found."""

    versions: dict[str, str] = field(default_factory=dict)
    languages: list[LanguageState] = field(default_factory=list)
    system: list[Check] = field(default_factory=list)
    kernels: list[Check] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything that was installed works."""
        return all(check.ok for check in self.kernels)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {"ok": self.ok, **asdict(self)}


async def diagnose() -> Diagnosis:
    """Look at everything."""
    kernels = installed()
    return Diagnosis(
        versions(),
        await languages(kernels),
        [await check_input(), check_ptrace(), check_history(), *check_jail()],
        [check_kernel(kernel) for kernel in kernels],
    )


async def languages(kernels: list[Installed]) -> list[LanguageState]:
    """Every language, and which of ``kernels`` are its own."""
    return list(await asyncio.gather(*(language(name, kernels) for name in all_languages())))


async def language(name: str, kernels: list[Installed]) -> LanguageState:
    """One language."""
    class_ = runner_class(name)
    display_name, toolchain = class_.language.display_name, class_.toolchain
    found = toolchain.find()
    return LanguageState(
        name,
        display_name,
        found,
        await toolchain.find_version(found) if found else "",
        "" if found else toolchain.missing(display_name),
        [kernel.name for kernel in kernels if kernel.language == name],
    )


def versions() -> dict[str, str]:
    """The versions of ourselves and of what we stand on; empty: it is missing."""
    found = {"kernel-runner": kernel_runner.__version__, "python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = ""
    return found


async def check_input() -> Check:
    """Let a program read a line from its terminal, and see whether that is noticed."""
    name = "input detection"
    console = CapturingConsole()

    async def answer(password: bool) -> str | None:
        return ANSWER

    spawner = Spawner()
    program = Program(spawner, console, answer, grace=0.1)
    argv = ["/bin/sh", "-c", 'read -r line && echo "$line"']
    try:
        async with asyncio.timeout(PATIENCE):
            await program.run(argv, env=child_environment({}), cwd="/")
    except TimeoutError:
        sentence = "a program that waits for input is not noticed: /proc/PID/syscall tells nothing"
        return Check(name, False, sentence)
    except (OSError, SpawnError) as error:
        return Check(name, False, f"no program can be started on a terminal: {error}")
    finally:
        await spawner.close()
    works = console.output.decode() == f"{ANSWER}\n"
    detail = "a terminal, and a program that waits on it is noticed through /proc"
    return Check(name, works, detail if works else f"the answer became {console.output!r}")


def check_ptrace() -> Check:
    """Whose processes may be looked into: Yama's ptrace_scope."""
    try:
        scope = int(PTRACE_SCOPE.read_text())
    except (OSError, ValueError):
        return Check("ptrace scope", True, "no Yama: not restricted")
    return Check("ptrace scope", scope < 2, f"{scope}: {SCOPES[min(scope, 3)]}")


def check_history() -> Check:
    """Whether the input history can be written."""
    from kernel_runner.connection import history_file

    folder = there = history_file("").parent
    while not there.exists():
        there = there.parent
    ok = there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    return Check("history", ok, f"{folder}{'' if ok else ' cannot be written'}")


def check_jail() -> list[Check]:
    """What there is for jails."""
    from kernel_runner.jail.parts import parts

    return [Check(*part) for part in parts()]


def check_kernel(kernel: Installed) -> Check:
    """Whether an installed kernel would start and find its language."""
    trouble = name_trouble(kernel) or interpreter_trouble(kernel.spec) or toolchain_trouble(kernel)
    return Check(kernel.name, not trouble, trouble or str(kernel.folder))


def name_trouble(kernel: Installed) -> str:
    """What is wrong with a kernel's name; empty: nothing."""
    if kernel.name != UNREACHABLE:
        return ""
    return f"Jupyter starts python3 when it is asked for {UNREACHABLE}: it needs another name"


def interpreter_trouble(spec: dict[str, Any]) -> str:
    """What is wrong with the interpreter that a kernel.json names; empty: nothing."""
    python = (spec.get("argv") or [""])[0]
    if python in (ANY_PYTHON, "python", sys.executable):
        return ""
    if shutil.which(python) is None:
        return f"its interpreter {python} is not there any more"
    probe = subprocess.run(
        [python, "-c", "import kernel_runner"], cwd="/", capture_output=True, check=False
    )
    return f"its interpreter {python} has no kernel_runner any more" if probe.returncode else ""


def toolchain_trouble(kernel: Installed) -> str:
    """What is wrong with a kernel's language; empty: nothing."""
    try:
        class_ = runner_class(kernel.language)
    except UnknownLanguage as error:
        return str(error)
    argv = kernel.spec["argv"]
    executable = argv[argv.index("--executable") + 1] if "--executable" in argv else ""
    if class_.toolchain.find(executable) is None:
        return class_.toolchain.missing(class_.language.display_name, executable)
    return ""
