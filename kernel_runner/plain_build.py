"""Plain sources: what a project without a build system is built with, where it is out of date."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernel_runner.batch import BatchError, opened, read, say
from kernel_runner.console import CellError
from kernel_runner.native.cache import BuildCache
from kernel_runner.process.program import end
from kernel_runner.process.spawner import Exit, Process, SpawnError

if TYPE_CHECKING:
    from kernel_runner.runner import BaseRunner

FOLDER = ".kernel_runner"  # in a project's own: objects, and the record of what was built
RECORD, LOCK = "built.json", "lock"
ENTRY = ("key", "given", "inputs", "made")
# Programs in these are not the project's own, where there is another.
ASIDE = {"test", "tests", "example", "examples", "bench", "benchmarks", "doc", "docs", "demo"}
SURE, MAYBE, NEVER = 2, 1, 0  # whether a source is a main one
MOST_NAMED = 5
CHUNK = 1 << 20
QUIET_STDOUT = ("/bin/sh", "-c", 'exec "$@" >&2', "sh")  # stdout is for the program alone
WAIT_FOR_LOCK = "import fcntl; fcntl.flock(0, fcntl.LOCK_EX)"
# A file's time and size: where neither is another, nor is the file.
Stamp = list[int]
UNKNOWN: Stamp = [0, 0]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a compiler.

    target: the file or folder that it makes. argv: the command; key: what decides, beside the
    files, what comes of it. inputs: the files that are known to go into it; noted: the file in
    which the compiler says, as for make, which others did. scratch: a folder for what it leaves
    for its next call, which a call with another key must not see.
    """

    target: str
    argv: Sequence[str]
    key: Sequence[str]
    inputs: Sequence[str]
    noted: str = ""
    scratch: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How sources become a program.

    stages: one after the other; the steps of one do not need each other. run: the command that
    runs the program, where that is not the last target itself.
    """

    stages: Sequence[Sequence[Step]]
    run: Sequence[str] = ()


@dataclass(slots=True)
class Record:
    """What was built in a folder, of what and how; kept in a file there.

    steps: by target, as seen from the folder, for a project may be moved or copied; with the
    stamps of what went into each and of what came out. run: the commands that run what was
    built, by language.
    """

    file: Path
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    run: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Record:
        """The folder's; an empty one where there is none that can be read."""
        file = folder / RECORD
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            known = json.loads(file.read_text(encoding="utf-8"))
            steps = {name: {key: entry[key] for key in ENTRY} for name, entry in known["steps"]}
            return cls(file, steps, dict(known["run"]))
        return cls(file)

    def save(self) -> None:
        """Keep it. Raises OSError."""
        draft = self.file.with_suffix(f".{os.getpid()}")
        draft.write_text(
            json.dumps({"steps": [*self.steps.items()], "run": self.run}), encoding="utf-8"
        )
        draft.replace(self.file)

    def is_current(self, step: Step, stamps: Stamps) -> bool:
        """Whether a step would make what is there already."""
        entry = self.find(step)
        return (
            entry is not None
            and entry["key"] == list(step.key)
            and entry["given"] == list(step.inputs)
            and all(stamps.find(path) == stamp for path, stamp in entry["inputs"].items())
            and (os.path.isdir(step.target) or stamps.find(step.target) == entry["made"])
        )

    def find(self, step: Step) -> dict[str, Any] | None:
        """What is known of a step's target; None where it was not made here."""
        return self.steps.get(os.path.relpath(step.target, self.file.parent))

    def outside(self) -> list[Path]:
        """The targets that are beside the folder; there are no others that are not in it."""
        folder = self.file.parent
        targets = (Path(os.path.normpath(folder / name)) for name in self.steps)
        return [target for target in targets if target.parent == folder.parent]

    def keep(self, step: Step, inputs: dict[str, Stamp] | None) -> None:
        """A step was taken, and these had gone into it; None: what it makes can't be told yet."""
        self.steps[os.path.relpath(step.target, self.file.parent)] = {
            "key": list(step.key),
            "given": None if inputs is None else list(step.inputs),
            "inputs": inputs,
            "made": stamp(step.target),
        }


class Stamps:
    """The stamps of files, as seen from a folder, each looked at once."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._known: dict[str, Stamp | None] = {}

    def find(self, path: str) -> Stamp | None:
        """A file's stamp; None where it cannot be had."""
        if path not in self._known:
            self._known[path] = stamp(os.path.join(self._folder, path))
        return self._known[path]


def stamp(path: str) -> Stamp | None:
    """A file's time in nanoseconds, and its size; None where it cannot be had."""
    with contextlib.suppress(OSError):
        status = os.stat(path)
        return [status.st_mtime_ns, status.st_size]
    return None


async def build(runner: BaseRunner, plan: Plan) -> int:
    """Take the steps whose targets are not what they would make; an exit code.

    Raises BatchError and SpawnError.
    """
    folder = build_folder(runner)
    runner.receipt.cache_hit = is_current(runner, Record.load(folder), plan)
    if runner.receipt.cache_hit:
        target = shown(runner, plan.stages[-1][-1].target)
        say(runner, f"{os.path.basename(runner.main) or target} is up to date")
        return 0
    started = time.monotonic()
    try:
        async with locked(runner, folder):
            return await Building(runner, folder).build(plan)
    except OSError as error:
        place = error.filename or folder
        raise BatchError(f"{place} cannot be written: {error.strerror}.") from error
    finally:
        runner.receipt.compile_seconds = time.monotonic() - started


def clean(runner: BaseRunner) -> int:
    """Remove what build() has made; an exit code. Raises BatchError."""
    folder = build_folder(runner)
    outside = Record.load(folder).outside()
    if not folder.exists():
        say(runner, "nothing to clean")
        return 0
    names = " and ".join(shown(runner, str(path)) for path in [*outside, folder])
    say(runner, f"no build script: removing {names}")
    try:
        for target in outside:
            target.unlink(missing_ok=True)
        shutil.rmtree(folder)
    except OSError as error:
        raise BatchError(f"{error.filename} cannot be removed: {error.strerror}.") from error
    return 0


def run_command(runner: BaseRunner) -> list[str]:
    """The command that runs what build() has made; empty where it has made nothing."""
    return Record.load(build_folder(runner)).run.get(runner.language.name, [])


def build_folder(runner: BaseRunner) -> Path:
    """Where objects and the record of what was built are.

    For a single file that is in the build cache, unless the file is temporary itself; and so it
    is in a jail for all, whose programs could lead us astray with links in the project's folder.
    """
    kept = runner.spawner.cache_directory
    if not runner.main and kept is None:
        return Path(runner.cwd, FOLDER)
    file = os.path.realpath(os.path.join(runner.cwd, runner.main))
    temporary = runner.spawner.run_directory
    if temporary.name and Path(file).is_relative_to(os.path.realpath(temporary)):
        return temporary / FOLDER
    cache = BuildCache(kept)
    folder = cache.directory / cache.key([runner.language.name, file])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)  # used, and not to be pruned
    except OSError:
        return temporary / FOLDER
    return folder


def is_current(runner: BaseRunner, record: Record, plan: Plan) -> bool:
    """Whether there is nothing to do."""
    stamps = Stamps(runner.cwd)
    return all(record.is_current(step, stamps) for stage in plan.stages for step in stage)


def shown(runner: BaseRunner, path: str) -> str:
    """A path as the person would write it."""
    return os.path.relpath(path, runner.cwd) if Path(path).is_relative_to(runner.cwd) else path


def from_here(runner: BaseRunner, path: Path) -> str:
    """A path for a command that runs in the runner's directory, and moves with it."""
    return f"./{path.relative_to(runner.cwd)}" if path.is_relative_to(runner.cwd) else str(path)


@contextlib.asynccontextmanager
async def locked(runner: BaseRunner, folder: Path) -> AsyncIterator[None]:
    """The folder, made where it is missing, for one build at a time; others wait.

    Raises OSError and SpawnError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".gitignore").write_text("*\n")
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(runner, f"waiting for another build in {shown(runner, str(folder))}")
            # The lock belongs to the open file, so that a process can wait for it in our place.
            waiting = [sys.executable, "-I", "-S", "-c", WAIT_FOR_LOCK]
            process = await runner.spawner.spawn(
                waiting, env=runner.env, cwd=str(folder), fds={0: lock}
            )
            together = Together(runner.interrupt_grace)
            with runner.interruptible(together):
                if (await together.finish(process)).code:
                    raise SpawnError("The wait for another build was ended.") from None
        yield
    finally:
        os.close(lock)


class Together:
    """Processes that are interrupted as one; grace: see process/program.py."""

    def __init__(self, grace: float) -> None:
        self.interrupted = False
        self._grace = grace
        self._processes: set[Process] = set()
        self._endings: set[asyncio.Task[None]] = set()

    async def finish(self, process: Process) -> Exit:
        """How a process has ended; nothing of it is left where we are cancelled."""
        self._processes.add(process)
        if self.interrupted:
            self._end(process)
        try:
            return await process.wait()
        except asyncio.CancelledError:
            process.kill_tree()
            raise
        finally:
            self._processes.discard(process)

    def interrupt(self) -> None:
        """Ask all of them to end, and those that are still to come."""
        self.interrupted = True
        for process in self._processes:
            self._end(process)

    def _end(self, process: Process) -> None:
        process.signal_group(signal.SIGINT)
        ending = asyncio.create_task(end(process, self._grace))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)


class Building:
    """One build, while its folder is locked."""

    def __init__(self, runner: BaseRunner, folder: Path) -> None:
        self._runner = runner
        self._folder = folder
        self._record = Record.load(folder)

    async def build(self, plan: Plan) -> int:
        """Take the stale steps, stage by stage; an exit code. Raises BatchError, SpawnError."""
        runner, record = self._runner, self._record
        told = False
        for stage in plan.stages:
            stamps = Stamps(runner.cwd)
            stale = [step for step in stage if not record.is_current(step, stamps)]
            if stale and not told:
                self._tell(stale, plan)
                told = True
            for step in stale:
                self._prepare(step)
            record.save()  # were we killed in the middle, these are known to be stale
            try:
                exit = await (self._run(stale[0]) if len(stale) == 1 else self._run_all(stale))
            finally:
                record.save()
            if exit is not None and exit.code:
                return runner.tell(exit, "The compiler", "BuildFailed")
        record.run[runner.language.name] = list(plan.run)
        record.save()
        if runner.main:
            BuildCache(runner.spawner.cache_directory).prune()
        return 0

    def _tell(self, stale: Sequence[Step], plan: Plan) -> None:
        """Say what is compiled to what, and where all else goes."""
        runner, folder = self._runner, shown(self._runner, str(self._folder))
        target, first = shown(runner, plan.stages[-1][-1].target), plan.stages[0]
        sources = [source for step in stale for source in step.inputs]
        of = f" of {len(first)}" if len(stale) < len(first) else ""
        if stale[0] not in first:
            what = "linking"
        elif len(sources) <= MOST_NAMED:
            what = f"compiling {' '.join(sources)}"
        else:
            what = f"compiling {len(sources)}{of} files"
        beside = f", in {folder}" if target.startswith(folder) else f" to {target}, with {folder}"
        say(runner, f"no build script: {what}{'' if runner.main else beside}")

    def _prepare(self, step: Step) -> None:
        """Forget what a step has made, and see to the places where it will make it anew."""
        entry = self._record.find(step)
        target = Path(step.target)
        ours = entry is not None or target.is_relative_to(self._folder) or is_program(target)
        if not ours and target.exists():
            raise BatchError(f"{target} is there, and was not built here: the program would be it.")
        if target.is_dir():
            shutil.rmtree(target)
        self._record.keep(step, None)
        target.parent.mkdir(parents=True, exist_ok=True)
        if step.scratch:
            if entry is None or entry["key"] != list(step.key):
                shutil.rmtree(step.scratch, ignore_errors=True)
            Path(step.scratch).mkdir(parents=True, exist_ok=True)

    async def _run(self, step: Step) -> Exit:
        """Take a step, in sight of the person."""
        inputs, started = look(self._runner, step), time.time_ns()
        exit = await self._runner.run_program([*QUIET_STDOUT, *step.argv], input=False)
        if exit.code == 0:
            self._record.keep(step, {**noted(self._runner, step, started), **inputs})
        return exit

    async def _run_all(self, steps: Sequence[Step]) -> Exit | None:
        """Take steps, as many at once as there are processors.

        What a compiler says is shown when it has ended. After a failure none is begun.
        """
        waiting, together = deque(steps), Together(self._runner.interrupt_grace)
        failed: list[Exit] = []

        async def work() -> None:
            while waiting and not failed and not together.interrupted:
                exit = await self._run_quietly(waiting.popleft(), together)
                if exit.code:
                    failed.append(exit)

        with self._runner.interruptible(together):
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(len(steps), len(os.sched_getaffinity(0)))):
                        group.create_task(work())
            except ExceptionGroup as several:
                raise several.exceptions[0] from None
        if together.interrupted:
            error = CellError.plain("Interrupted", "The compiler was interrupted.")
            self._runner.console.error(error)
            return Exit.from_status(signal.SIGINT)
        return failed[0] if failed else None

    async def _run_quietly(self, step: Step, together: Together) -> Exit:
        runner = self._runner
        inputs, started = look(runner, step), time.time_ns()
        said, nothing = os.memfd_create("compiler"), os.open(os.devnull, os.O_RDONLY)
        try:
            fds = {0: nothing, 1: said, 2: said}
            process = await runner.spawner.spawn(step.argv, env=runner.env, cwd=runner.cwd, fds=fds)
            exit = await together.finish(process)
            runner.receipt.add(exit)
            for start in range(0, os.fstat(said).st_size, CHUNK):
                written = runner.console.stream("stderr", os.pread(said, CHUNK, start))
                if written is not None:
                    await written
        finally:
            os.close(said)
            os.close(nothing)
        if exit.code == 0:
            self._record.keep(step, {**noted(self._runner, step, started), **inputs})
        return exit


def is_program(path: Path) -> bool:
    """Whether a file is one that a compiler may write over."""
    from kernel_runner.build_systems import is_elf

    return path.is_file() and is_elf(path)


def look(runner: BaseRunner, step: Step) -> dict[str, Stamp]:
    """The stamps of the files that a compiler will read. Raises BatchError."""
    stamps = {}
    for path in step.inputs:
        with opened(Path(runner.cwd, path)) as file:
            status = os.fstat(file.fileno())
        stamps[path] = [status.st_mtime_ns, status.st_size]
    return stamps


def noted(runner: BaseRunner, step: Step, started: int) -> dict[str, Stamp]:
    """The stamps of what a compiler has noted that it read.

    What was changed after it began (a time in nanoseconds) may not be what it has read.
    """
    if not step.noted:
        return {}
    with contextlib.suppress(OSError):
        text = Path(step.noted).read_text(encoding="utf-8", errors="surrogateescape")
        stamps = Stamps(runner.cwd)
        found = {path: stamps.find(path) or UNKNOWN for path in prerequisites(text)}
        return {path: known if known[0] < started else UNKNOWN for path, known in found.items()}
    return {}


def prerequisites(rule: str) -> list[str]:
    """What stands to the right of the first rule of a makefile."""
    line = rule.replace("\\\n", " ").partition("\n")[0]
    _, _, right = line.partition(": ")
    words = re.findall(r"(?:\\.|\S)+", right)
    return [re.sub(r"\\([ #:\\])", r"\1", word).replace("$$", "$") for word in words]


def choose_main(
    folder: str,
    sources: Sequence[str],
    suffix: str,
    rank: Callable[[str], int],
    names: Sequence[str] = (),
) -> tuple[str, list[str]]:
    """The main one of a project's sources, and those that go with it; "" where none is one.

    rank says of a text how surely it is a main one's. Other programs' main sources do not go with
    it, nor tests and examples. Raises BatchError where several could be it.
    """
    ranks = {source: rank(read(Path(folder, source))) for source in sources}
    known = {f"main{suffix}", *names}
    best = max(ranks.values())
    mains = [source for source in sources if ranks[source] == best]
    if best == NEVER:
        mains = [source for source in sources if os.path.basename(source) in known]
        if not mains:
            return "", list(sources)
    if best == MAYBE and len(mains) > 1:
        return mains[0], [source for source in sources if source != mains[0]]  # the linker knows
    own = [main for main in mains if not is_aside(main)] or mains
    for choice in (
        [main for main in own if os.path.basename(main) in known],
        [main for main in own if "/" not in main],
        own,
    ):
        if len(choice) == 1:
            return choice[0], companions(choice[0], sources, ranks)
    raise BatchError(
        f"Nothing to build: {listed(own)} could all be the main file: "
        f"call it main{suffix}, or run it by its own name."
    )


def only_main(runner: BaseRunner, sources: Sequence[str]) -> str:
    """The main one of these sources, by the runner's names and pattern. Raises BatchError."""
    if len(sources) == 1:
        return sources[0]

    def rank(text: str) -> int:
        return SURE if re.search(runner.main_pattern, text) else NEVER

    names = [os.path.basename(name) for name in runner.main_names]
    main, _ = choose_main(runner.cwd, sources, runner.language.suffix, rank, names)
    if not main:
        raise BatchError("Nothing to build: no source has a main program in it.")
    return main


def with_tests_aside(main: str, sources: Sequence[str]) -> list[str]:
    """The main source and the others, but for tests and examples where it is none of them."""
    aside = is_aside(main)
    others = (source for source in sources if source != main)
    return [main, *(source for source in others if aside or not is_aside(source))]


def companions(main: str, sources: Sequence[str], ranks: dict[str, int]) -> list[str]:
    """The sources that belong to the same program as this main one."""
    aside = is_aside(main)
    return [
        source for source in sources if ranks[source] != SURE and (aside or not is_aside(source))
    ]


def is_aside(source: str) -> bool:
    """Whether a source lies among tests or examples."""
    return not ASIDE.isdisjoint(source.split("/")[:-1])


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    first, more = names[:MOST_NAMED], len(names) - MOST_NAMED
    if more > 0:
        return f"{', '.join(first)} and {more} more"
    return f"{', '.join(first[:-1])} and {first[-1]}" if len(first) > 1 else first[0]
