"""Many projects at once: a list of jobs, each run apart from the others, and its result.

A list has a JSON object a line; Job tells its keys. A result is a line of JSON, printed as soon as
the job is done: its index in the list, what run --json tells, and of each phase what it has
printed, up to MOST_OUTPUT of either stream. With a policy each job has a jail of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from kernel_runner.batch import Batch, BatchError
from kernel_runner.cli import exit_code, sentence
from kernel_runner.console import CapturingConsole, CellError
from kernel_runner.direct import collect_garbage, jail_limits, leave, read_settings
from kernel_runner.process.limits import Limits
from kernel_runner.process.pump import Pump
from kernel_runner.process.spawner import Exit, Spawner, SpawnError
from kernel_runner.receipt import Receipt
from kernel_runner.runner import BaseRunner
from kernel_runner.settings import make_jail

MOST_OUTPUT = 1 << 20  # bytes of a stream of a phase
CONNECTING = 10  # seconds in which a Dask scheduler has to answer
MOST = 1e15  # seconds or bytes of a limit
LINES_AT_ONCE = 1 << 16  # bytes of a list
FAILED = 1
STEPS = ("clean", "build", "exec")
Result = dict[str, Any]


@dataclass(frozen=True)
class Defaults:
    """What is done to a project, and within which limits, where a job does not say.

    jail: the policy that all of them are jailed by; empty: what the settings say.
    """

    batch: Batch
    limits: Limits
    jail: str = ""


@dataclass(frozen=True)
class Job:
    """A project to run. In its line, language and path must be there; the others may.

    clean, build, exec and args are as in a batch request. stdin: what the program reads. timeout
    and memory: seconds and bytes that a step may take. name: comes back in the result, whatever
    it is. jail: as in Defaults; no line says it.
    """

    index: int
    language: str
    path: str
    batch: Batch
    limits: Limits
    jail: str
    stdin: str = ""
    name: Any = None

    @classmethod
    def from_line(cls, index: int, line: bytes, defaults: Defaults) -> Job:
        """A line of a list. Raises BatchError."""
        try:
            told = json.loads(line)
            json.dumps(told, ensure_ascii=False).encode()  # halves of a character cannot be
        except (ValueError, RecursionError) as error:
            raise BatchError(f"Line {index + 1} of the list is no JSON: {error}.") from error
        if not isinstance(told, dict):
            raise BatchError(f"Line {index + 1} of the list is no JSON object.")
        own = defaults.batch
        steps = {step: told.pop(step, getattr(own, step)) for step in STEPS}
        batch = Batch.from_metadata({**steps, "args": told.pop("args", own.args)})
        seconds = told.pop("timeout", defaults.limits.seconds)
        memory = told.pop("memory", defaults.limits.memory)
        numbers = (seconds, memory)
        if not all(isinstance(each, int | float) and 0 <= each < MOST for each in numbers):
            raise BatchError(f"Line {index + 1}: timeout and memory are numbers, below {MOST:g}.")
        texts = {name: told.pop(name, "") for name in ("language", "path", "stdin")}
        if not all(isinstance(text, str) for text in texts.values()) or not texts["path"]:
            raise BatchError(f"Line {index + 1}: language, path and stdin are strings.")
        if "\0" in texts["path"]:
            raise BatchError(f"Line {index + 1}: a path has no NUL in it.")
        name = told.pop("name", None)
        if told:
            raise BatchError(f"Line {index + 1}: a job has no {' and no '.join(told)}.")
        limits = Limits(seconds, int(memory))
        return cls(index, batch=batch, limits=limits, jail=defaults.jail, name=name, **texts)


def run_list(lines: BinaryIO, defaults: Defaults, slots: int, dask: str | None) -> int:
    """Run the jobs of a list, ``slots`` at once, and print their results; an exit code.

    dask: the address of a Dask scheduler, whose workers run them, and see the same files.
    """
    tally = Tally()
    job_of = partial(tally.job_of, defaults)
    collect_garbage()
    try:
        if dask:
            signal.signal(signal.SIGTERM, leave)
            jobs = (job for job in map(job_of, itertools.count(), lines) if job is not None)
            run_on_dask(jobs, slots, dask, tally.report)
        else:
            asyncio.run(run_here(arriving(lines), job_of, slots, tally.report))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    finally:
        print(f"{tally.done} jobs done, {tally.failed} of them failed", file=sys.stderr)
    return FAILED if tally.failed else 0


class Tally:
    """Prints results and counts them."""

    def __init__(self) -> None:
        self.done = self.failed = 0
        self._noticed: set[str] = set()

    def report(self, result: Result) -> None:
        """A job is done."""
        self.done += 1
        self.failed += result["exit_code"] != 0
        for notice in result.get("notices", []):
            if notice not in self._noticed:
                self._noticed.add(notice)
                print(notice, file=sys.stderr)
        print(json.dumps(result, ensure_ascii=False), flush=True)

    def job_of(self, defaults: Defaults, index: int, line: bytes) -> Job | None:
        """The job of a line, if there is one. A line that is none has its result at once."""
        if not line.strip():
            return None
        try:
            return Job.from_line(index, line, defaults)
        except BatchError as error:
            self.report({"index": index, **failure(error)})
            return None


def failure(error: Exception) -> Result:
    """The result of a job that could not be run. A defect of ours is raised again."""
    told = {"name": type(error).__name__, "message": sentence(error)}
    return {"exit_code": exit_code(error), "error": told}


# -- here ------------------------------------------------------------------------------------------


async def arriving(file: BinaryIO) -> AsyncIterator[bytes]:
    """The lines of a file, or of a pipe that somebody still writes to."""
    loop, begun = asyncio.get_running_loop(), bytearray()
    ready = asyncio.Event()
    while True:
        ready.clear()
        try:
            loop.add_reader(file, ready.set)
        except PermissionError:  # a regular file, which needs no waiting
            for line in file:
                yield line
            return
        try:
            await ready.wait()
        finally:
            loop.remove_reader(file)
        data = os.read(file.fileno(), LINES_AT_ONCE)
        begun += data
        if b"\n" in data or not data:
            *lines, last = bytes(begun).split(b"\n")
            for line in lines:
                yield line
            begun = bytearray(last)
        if not data:
            yield bytes(begun)
            return


async def run_here(
    lines: AsyncIterator[bytes],
    job_of: Callable[[int, bytes], Job | None],
    slots: int,
    report: Callable[[Result], None],
) -> None:
    """Run the jobs of a list on this machine, each slot one after the other.

    SIGTERM cancels it, between two results.
    """
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    lock, indices = asyncio.Lock(), itertools.count()

    async def work() -> None:
        async with contextlib.AsyncExitStack() as stack:
            spawner = Spawner()
            stack.push_async_callback(spawner.close)
            while True:
                async with lock:
                    line = await anext(lines, None)
                    index = next(indices)
                if line is None:
                    return
                if (job := job_of(index, line)) is not None:
                    report(await result_of(job, spawner))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(slots):
                group.create_task(work())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None


async def result_of(job: Job, spawner: Spawner) -> Result:
    """Run a job in a folder of its own, end what it leaves, and tell how it went."""
    about = {"index": job.index, "name": job.name, "language": job.language, "path": job.path}
    own = {name: value for name, value in about.items() if value is not None}
    if spawner.pid is None:
        spawner.start()
    scratch = Path(tempfile.mkdtemp(prefix="job-", dir=spawner.run_directory))
    try:
        return {**own, **await _run(job, spawner, scratch)}
    except Exception as error:
        return {**own, **failure(error)}
    finally:
        with contextlib.suppress(SpawnError):
            await spawner.kill_all()
        # The program of a single file is there as well.
        for path in spawner.run_directory.glob("*"):
            remove(path) if path.is_dir() else path.unlink()
        if spawner.pid is None:  # it was killed, and does not remove it
            spawner.run_directory.rmdir()


async def _run(job: Job, spawner: Spawner, scratch: Path) -> Result:
    folder = await asyncio.to_thread(copied, job.path, scratch / "work")
    class_, settings = read_settings(job.language, job.jail)
    if not settings.policy:
        return await _run_by(class_(spawner, str(folder), parent=settings), job, scratch)
    jail = make_jail(class_, settings, str(folder))
    jailed = Spawner(enclosure=jail)
    jailed.start()
    try:
        runner = class_(jailed, str(folder), parent=settings)
        result = await _run_by(runner, job, scratch)
    finally:
        await jailed.close()
    return {**result, "notices": jail.notices} if jail.notices else result


async def _run_by(runner: BaseRunner, job: Job, scratch: Path) -> Result:
    runner.main = "" if os.path.isdir(job.path) else os.path.basename(job.path)
    temporary = scratch / "tmp"
    temporary.mkdir()
    places = {"PWD": runner.cwd, "TMPDIR": str(temporary)}
    runner.env = {**os.environ, **runner.environment, **places}
    console = JobConsole()
    runner.prepare(console, 1)
    limits = job.limits.stricter(jail_limits(runner.spawner))
    runner.receipt, runner.limits = console.receipt, limits
    runner.foreground = Collector(runner.spawner, console, job.stdin)
    await runner.run_batch(job.batch)
    return {**console.receipt.finish(), "phases": console.phases()}


def copied(path: str, target: Path) -> Path:
    """A folder with a copy of a project, or of a single file. Raises OSError and BatchError."""
    try:
        if os.path.isdir(path):
            shutil.copytree(path, target, symlinks=True)
        else:
            target.mkdir()
            shutil.copy2(path, target)
    except shutil.Error as errors:  # of a whole folder
        reason = errors.args[0][0][2] if isinstance(errors.args[0], list) else errors
        raise BatchError(f"{path} cannot be copied: {reason}.") from errors
    return target


def remove(folder: Path) -> None:
    """Remove a folder, and what is below it, even where it may not be written to."""
    try:
        shutil.rmtree(folder)
    except PermissionError:
        for place, names, _ in os.walk(folder):
            for path in (os.path.join(place, name) for name in names):
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(folder)


class Output:
    """What a phase prints: the beginning of either stream, and how much there was."""

    def __init__(self) -> None:
        self._kept = {"stdout": bytearray(), "stderr": bytearray()}
        self._sizes = dict.fromkeys(self._kept, 0)

    def add(self, stream: str, data: bytes) -> None:
        """More of it."""
        kept = self._kept[stream]
        kept += data[: MOST_OUTPUT - len(kept)]
        self._sizes[stream] += len(data)

    def told(self) -> Result:
        """As a result has it; where a stream was cut, with its size in bytes."""
        texts = {name: kept.decode("utf-8", "replace") for name, kept in self._kept.items()}
        cut = {
            f"{name}_size": size
            for name, size in self._sizes.items()
            if size > len(self._kept[name])
        }
        return {**texts, **cut}


class JobConsole(CapturingConsole):
    """Keeps what each phase prints; a phase's receipt is there when the phase is over."""

    def __init__(self) -> None:
        super().__init__()
        self.receipt = Receipt()
        self._outputs: defaultdict[int, Output] = defaultdict(Output)

    def stream(self, name: str, data: bytes) -> None:
        """Keep it."""
        self._outputs[len(self.receipt.phases)].add(name, data)

    def error(self, error: CellError) -> None:
        """The phase's receipt has it."""

    def phases(self) -> list[Result]:
        """The phases that are over, each with its output."""
        told = enumerate(self.receipt.phases)
        return [{**phase, **self._outputs[index].told()} for index, phase in told]


class Collector:
    """Runs a job's programs with pipes for their output; one that may ask gets the job's stdin."""

    interrupted = False

    def __init__(self, spawner: Spawner, console: JobConsole, stdin: str) -> None:
        self._spawner = spawner
        self._console = console
        self._stdin = stdin

    async def run(
        self, argv: Sequence[str], *, env: Mapping[str, str], cwd: str, input: bool = True
    ) -> Exit:
        """Run a program until it ends. Raises SpawnError."""
        pumps, theirs = [], {}
        with contextlib.ExitStack() as stack:
            stdin = stack.enter_context(tempfile.TemporaryFile())
            if input:
                stdin.write(self._stdin.encode("utf-8", "surrogateescape"))
                stdin.seek(0)
            for number, name in ((1, "stdout"), (2, "stderr")):
                ours, theirs[number] = os.pipe()
                stack.callback(os.close, theirs[number])
                pumps.append(Pump(ours, partial(self._console.stream, name)))
                stack.callback(pumps[-1].close)
            fds = {0: stdin.fileno(), **theirs}
            process = await self._spawner.spawn(argv, env=env, cwd=cwd, fds=fds)
            try:
                exit = await process.wait()
            except asyncio.CancelledError:
                process.kill_tree()
                raise
            finally:
                for pump in pumps:
                    pump.drain()
            return exit

    def interrupt(self) -> None:
        """A job is only ended as a whole."""


# -- elsewhere -------------------------------------------------------------------------------------


def run_on_dask(
    jobs: Iterator[Job], slots: int, address: str, report: Callable[[Result], None]
) -> None:
    """Have a Dask scheduler's workers run jobs, ``slots`` under way at once.

    Raises BatchError where there is no Dask, or no such scheduler.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise BatchError(
            "--dask needs Dask, which is not there: `pip install distributed` brings it."
        ) from error
    try:
        client = Client(address, timeout=CONNECTING)
    except (OSError, ValueError) as error:
        raise BatchError(f"There is no Dask scheduler at {address}: {error}.") from error
    with client:
        suspects: list[Job] = []
        under_way = as_completed()
        waiting: dict[str, Job] = {}

        def hand_over(job: Job) -> None:
            future = client.submit(run_alone, job, pure=False)
            waiting[future.key] = job
            under_way.add(future)

        for job in itertools.islice(jobs, slots):
            hand_over(job)
        for future in under_way:
            job = waiting.pop(future.key)
            if future.exception() is None:
                report(future.result())
            else:
                suspects.append(job)
            for job in itertools.islice(jobs, 1):
                hand_over(job)
        # A worker that dies takes along what else it was to run. Alone, each job shows its own end.
        for job in suspects:
            future = client.submit(run_alone, job, pure=False)
            problem = future.exception()
            report(future.result() if problem is None else lost(job, problem))


def lost(job: Job, error: BaseException) -> Result:
    """The result of a job whose worker was lost."""
    told = {"name": type(error).__name__, "message": f"Its worker was lost: {error}"}
    return {"index": job.index, "path": job.path, "exit_code": FAILED, "error": told}


def run_alone(job: Job) -> Result:
    """Run one job, in a Dask worker."""
    return asyncio.run(_run_alone(job))


async def _run_alone(job: Job) -> Result:
    spawner = Spawner()
    spawner.start()
    try:
        return await result_of(job, spawner)
    finally:
        await spawner.close()
