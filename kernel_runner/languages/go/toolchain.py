"""Go's own tools: what they know of packages, and how they make a program."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shlex
import shutil
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kernel_runner.language import program_identity
from kernel_runner.languages.go.standard_library import StandardLibrary
from kernel_runner.process.spawner import SpawnError

LIBRARY = Path(__file__).parent / "library"
MODULE = "cell"
REPLACED = {
    "kernel_runner": LIBRARY / "kernel_runner",
    "github.com/janpfeifer/gonb": LIBRARY / "gonb",
}
PACKAGE_FORMAT = (
    '{{.ImportPath}}\t{{.Name}}\t{{.Export}}\t{{join .Deps " "}}'
    '\t{{with .Error}}{{printf "%q" .Err}}{{end}}'
)
GO_MOD = """\
module {module}

go 1.18

require (
{required}
)

replace (
{replaced}
)
"""
LOCAL = re.compile(r'=> "?[./]')  # a module that is a folder
# They decide, beside the toolchain, what a package is compiled to.
DECISIVE = ("GOFLAGS", "GOEXPERIMENT", "GOARCH", "GOAMD64", "CGO_ENABLED", "GOTOOLCHAIN", "GOROOT")
# Runs a tool in a folder: its exit code, and what it has said.
Run = Callable[[Sequence[str], str], Awaitable[tuple[int, bytes]]]


class PackageMissing(Exception):
    """A package cannot be imported; the message is Go's."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class GoToolchain:
    """One installed Go, and a module in which cells' programs are made.

    folder: an empty one for the module; memory: where what is known of packages is kept for
    later kernels.
    """

    def __init__(
        self, command: Sequence[str], folder: Path, memory: Path, env: Mapping[str, str]
    ) -> None:
        self.module = folder / "module"
        self.identity = program_identity(command[0])
        self._go = list(command)
        self._folder = folder
        self._memory = memory
        self._env = env
        self._tools = ""
        self._lock = asyncio.Lock()
        self._packages: dict[str, Any] = {}
        self._packages_of = ""
        make_module(self.module)

    async def look(self, run: Run) -> None:
        """Find the tools and the standard library. Raises SpawnError."""
        async with self._lock:
            if self._tools:
                return
            code, answer = await run([*self._go, "env", "GOROOT", "GOTOOLDIR"], str(self.module))
            if code:
                said = answer.decode("utf-8", "replace").strip()
                raise SpawnError(f"{self._go[0]} does not tell where its tools are: {said}")
            goroot, tools = answer.decode().split("\n")[-3:-1]
            self.library = await asyncio.to_thread(StandardLibrary, goroot)
            self._tools = tools

    @property
    def state(self) -> str:
        """What decides, beside a program's source, what it is compiled to."""
        digest = hashlib.sha256(self.identity.encode())
        digest.update(repr([self._env.get(name) for name in DECISIVE]).encode())
        for name in ("go.mod", "go.sum"):
            file = self.module / name
            digest.update(file.read_bytes() if file.exists() else b"")
        for file in sorted(LIBRARY.rglob("*.go")):
            status = file.stat()
            digest.update(f"{file} {status.st_mtime_ns} {status.st_size}".encode())
        return digest.hexdigest()[:32]

    @property
    def modules(self) -> list[str]:
        """The modules that were asked for."""
        return [path for path, _ in self._required() if path not in REPLACED]

    @property
    def is_plain(self) -> bool:
        """Whether no module is somewhere where its code may change."""
        text = (self.module / "go.mod").read_text(encoding="utf-8")
        local = [line for line in text.splitlines() if LOCAL.search(line)]
        return len(local) == len(REPLACED) and not (self.module / "go.work").exists()

    @property
    def names(self) -> dict[str, str]:
        """The names of the packages that are known, by path."""
        self._recall()
        return {path: name for path, (name, _, _) in self._packages.items()}

    def _required(self) -> Iterable[tuple[str, str]]:
        for line in (self.module / "go.mod").read_text(encoding="utf-8").splitlines():
            words = line.removeprefix("require").split()
            if len(words) >= 2 and words[1].startswith("v") and "=>" not in words:
                yield words[0], words[1]

    def _recall(self) -> str:
        state = self.state
        if state != self._packages_of:
            self._packages, self._packages_of = read_json(self._memory / f"{state}.json"), state
        return state

    async def learn(self, paths: Iterable[str], run: Run) -> None:
        """Have these packages compiled, and know them. Raises PackageMissing."""
        async with self._lock:
            self._recall()
            missing = [path for path in paths if not self._is_there(path)]
            if not missing:
                return
            listing = ["list", "-e", "-export", "-deps", "-f", PACKAGE_FORMAT, "--"]
            command = [*self._go, *listing, "runtime", *missing]
            _, answer = await run(command, str(self.module))
            errors = self._take(answer.decode("utf-8", "replace"))
            for path in missing:
                if not self._is_there(path):
                    said = answer.decode("utf-8", "replace").strip()
                    raise PackageMissing(path, errors.get(path) or said)
            write_json(self._memory / f"{self._recall()}.json", self._packages)

    def _take(self, answer: str) -> dict[str, str]:
        errors = {}
        for line in answer.splitlines():
            fields = line.split("\t")
            if len(fields) == 5:
                path, name, export, dependencies, error = fields
                if error:
                    errors[path] = json.loads(error)
                elif export or path == "unsafe":
                    self._packages[path] = [name, export, dependencies.split()]
        return errors

    def _is_there(self, path: str) -> bool:
        known = self._packages.get(path)
        if known is None:
            return False
        needed = [path, *known[2], "runtime"]
        # Go forgets what it has compiled when nobody has used it for some days.
        files = (self._packages.get(each, ["", "", []])[1] for each in needed if each != "unsafe")
        return all(file and os.path.exists(file) for file in files)

    def _importcfg(self, paths: Iterable[str]) -> Path:
        needed = {"runtime", *self._packages["runtime"][2]}
        for path in paths:
            needed |= {path, *self._packages[path][2]}
        lines = [f"packagefile {path}={self._packages[path][1]}\n" for path in sorted(needed)
                 if path != "unsafe"]  # fmt: skip
        text = "".join(lines)
        file = self._folder / f"importcfg-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        if not file.exists():
            file.write_text(text, encoding="utf-8")
        return file

    async def compile(
        self, source: bytes, imports: Iterable[str], target: Path, run: Run, *, links: bool
    ) -> tuple[int, bytes]:
        """Compile a source, and link the program without what only debuggers read.

        Without links, the target is the object file. Gives the exit code, and what was said.
        """
        (self._folder / "main.go").write_bytes(source)
        config = str(self._importcfg(imports))
        objects = "main.a" if links else str(target)
        compiling = [
            f"{self._tools}/compile", "-p", "main", "-complete", "-pack", "-trimpath",
            str(self._folder), "-importcfg", config, "-o", objects, "main.go",
        ]  # fmt: skip
        if not links:
            return await run(compiling, str(self._folder))
        words = ["-importcfg", config, "-s", "-w", "-o", str(target), objects]
        linking = shlex.join([f"{self._tools}/link", *words])
        # One way to the supervisor for both; and the linker's garbage is a tenth of its time.
        both = f"{shlex.join(compiling)} && GOGC=400 exec {linking}"
        return await run(["/bin/sh", "-c", both], str(self._folder))

    async def build(
        self, source: bytes, flags: Sequence[str], target: Path, run: Run, *, tests: bool = False
    ) -> tuple[int, bytes]:
        """Have `go build`, or `go test`, make the program: exit code and what it said."""
        for old in ("main.go", "main_test.go"):
            (self.module / old).unlink(missing_ok=True)
        (self.module / ("main_test.go" if tests else "main.go")).write_bytes(source)
        verb = ["test", "-c"] if tests else ["build"]
        command = [*self._go, *verb, *flags, "-o", str(target), "."]
        return await run(command, str(self.module))

    def in_module(self, *words: str) -> str:
        """A shell command that runs a go command in the module."""
        return f"cd {shlex.quote(str(self.module))} && exec {shlex.join([*self._go, *words])}"


def make_module(folder: Path) -> None:
    """An empty module, where what is imported can be asked for."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    required = "\n".join(f"\t{path} v0.0.0" for path in REPLACED)
    replaced = "\n".join(f"\t{path} => {quoted(str(to))}" for path, to in REPLACED.items())
    text = GO_MOD.format(module=MODULE, required=required, replaced=replaced)
    (folder / "go.mod").write_text(text, encoding="utf-8")


def quoted(path: str) -> str:
    """A path as go.mod takes it."""
    return json.dumps(path) if " " in path else path


def read_json(file: Path) -> dict[str, Any]:
    """What a file remembers; nothing where it is missing or broken."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def write_json(file: Path, known: Mapping[str, Any]) -> None:
    """Remember it; a folder that cannot be written only costs time in the next kernel."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(known), encoding="utf-8")
        draft.replace(file)
    except OSError:
        return
