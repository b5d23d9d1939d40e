"""The section about languages with a session: each beside its agent alone and its best peer."""

from __future__ import annotations

import contextlib
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil
from bare import BareAgent
from cells import CELLS, LINE, LINES, Cells
from harness import (
    Kernel,
    Report,
    coloured,
    console,
    execute_seconds,
    median_ms,
    ours,
    read_all,
    repeat,
    running,
    start_once,
)
from peers import PEERS, NotInstalled, Peer
from rich.table import Table

from kernel_runner.languages import all_languages, runner_class
from kernel_runner.session_runner import SessionRunner

EMPTY = [sys.executable, str(Path(__file__).with_name("empty_kernel.py"))]
TIMEOUT, PEER_TIMEOUT = 60.0, 20.0  # seconds for an answer
MS_OF_OURS = 1.5  # what a kernel's way to its session may cost
# What a peer, or a session, may fail with; it is told, and the rest goes on.
FAILURES = (queue.Empty, RuntimeError, OSError, AssertionError)


def session_languages() -> list[str]:
    """The registered languages that keep a session."""
    return [name for name in all_languages() if issubclass(runner_class(name), SessionRunner)]


def bench_languages(report: Report, runs: int, names: Sequence[str], cells: int) -> None:
    """Every language on its own, then the tables of all."""
    tables = Tables(report, cells)
    with tempfile.TemporaryDirectory() as folder:
        try:
            with contextlib.chdir(folder):  # where a peer finds nothing to import
                for name in names:
                    bench_language(name, runs, cells, tables)
        finally:
            tables.print()


def bench_language(name: str, runs: int, cells: int, tables: Tables) -> None:
    """One language, or why it is left out."""
    toolchain = runner_class(name).toolchain
    if name not in CELLS:
        tables.leave_out(name, "tools/bench/cells.py has no cells for it")
    elif toolchain.find() is None:
        tables.leave_out(name, f"its toolchain is missing ({toolchain.debian or name})")
    else:
        try:
            Bench(name, runs, cells, tables).run()
        except FAILURES as error:
            tables.leave_out(name, repr(error))


class Tables:
    """The tables of the section, and what is missing in them."""

    def __init__(self, report: Report, cells: int) -> None:
        self.report = report
        self.cells = report.table(
            "Languages: a cell", "kernel", "first cell ms", "trivial ms", "bare", "empty", "limit",
            "to peer (≤ 1)", "interrupt ms", "kept",
        )  # fmt: skip
        self.prints = report.table(
            f"Languages: {LINES:,} prints of {len(LINE) + 1} bytes", "language", "ms", "own ms",
            "ratio (≤ 1.3)", "exact",
        )  # fmt: skip
        self.many = report.table(
            f"Languages: {cells:,} cells in one session", "language", "seconds",
            "last / first 100 (≤ 1)", "kernel KiB/cell", "session KiB/cell",
        )  # fmt: skip
        self.jshell = report.table("Java's first cell", "what", "ms", "ratio (≤ 1)")
        self.missing = report.table("Left out", "what", "why")

    def add(self, table: Table, *cells: str) -> None:
        """Add a row."""
        self.report.add(table, *cells)

    def leave_out(self, what: str, why: str) -> None:
        """Name what is not in the tables."""
        console.print(f"{what} is left out: {why}")
        self.add(self.missing, what, why)

    def print(self) -> None:
        """Print those that have something in them."""
        for table in (self.cells, self.prints, self.many, self.jshell, self.missing):
            if table.row_count:
                console.print(table)


class Bench:
    """The measurements of one language."""

    def __init__(self, language: str, runs: int, many: int, tables: Tables) -> None:
        self.language = language
        self.runs = runs
        self.few = max(3, runs // 6)
        self.many = many
        self.tables = tables
        self.cells: Cells = CELLS[language]
        self.peers = [peer for peer in PEERS.get(language, ()) if self._bring(peer)]

    def run(self) -> None:
        """Measure all, add it to the tables."""
        console.print(f"{self.language}, load {os.getloadavg()[0]:.1f}")
        with ExitStack() as stack:
            own = stack.enter_context(running(ours(self.language), timeout=TIMEOUT))
            own.execute(self.cells.trivial)  # it has built by now what its agent is made of
            others = dict(self._open_peers(stack))
            cells, bare, empty = self._trivial(stack, own, others)
            interrupts = {self.language: self._interrupt(own, self.runs)}
            for name, kernel in others.items():
                interrupts[name] = self._interrupt(kernel, self.few)
        with running(ours(self.language), timeout=TIMEOUT) as own:
            self._endure(own)
        if self.cells.prints:
            with running(ours(self.language), timeout=TIMEOUT) as own:
                self._print(own)
        starts = self._starts(list(others))
        self._tell_cells(cells, bare, empty, interrupts, starts)
        if self.language == "java":
            self._first_of_jshell()

    def _bring(self, peer: Peer) -> bool:
        try:
            peer.bring()
        except NotInstalled as error:
            self.tables.leave_out(f"{peer.name} ({self.language})", str(error))
            return False
        return True

    def _open_peers(self, stack: ExitStack) -> Iterator[tuple[str, Kernel]]:
        for peer in self.peers:
            kernel = running(
                peer.argv, interrupt_mode=peer.interrupt_mode, timeout=PEER_TIMEOUT, **peer.env
            )
            try:
                opened = stack.enter_context(kernel)
                opened.execute(self.cells.trivial)
            except FAILURES as error:
                self.tables.leave_out(f"{peer.name} ({self.language})", f"no answer: {error!r}")
            else:
                yield peer.name, opened

    def _trivial(
        self, stack: ExitStack, own: Kernel, others: dict[str, Kernel]
    ) -> tuple[dict[str, float], float, float]:
        """Milliseconds of the trivial cell: in the kernels, in the agent, in an empty kernel."""
        code = self.cells.trivial
        agent = BareAgent(self.language, sys.executable if self.language == "python" else "")
        stack.callback(agent.close)
        empty = stack.enter_context(running(EMPTY))
        agent.evaluate(code)
        kernels = {self.language: own, **others}
        bare, nothing, *rest = repeat(
            self.runs,
            partial(agent.evaluate, code),
            partial(execute_seconds, empty, code),
            *(partial(execute_seconds, kernel, code) for kernel in kernels.values()),
        )
        return dict(zip(kernels, rest, strict=True)), bare, nothing

    def _interrupt(self, kernel: Kernel, count: int) -> tuple[str, str]:
        """Milliseconds from an interrupt to the reply, and whether the state was kept."""
        samples: list[float] = []
        kept = "no answer"
        with contextlib.suppress(*FAILURES):
            kernel.execute(self.cells.set)
            for _ in range(count):
                samples.append(kernel.interrupt_after_start(self.cells.loop))
                kernel.forget_iopub()
            _, text = kernel.execute(self.cells.get)
            kept = "yes" if "5" in text + kernel.result else "NO"
        return f"{median_ms(samples):.1f}" if samples else "", kept

    def _print(self, kernel: Kernel) -> None:
        """The prints in a cell, beside the program alone that writes to a pipe."""
        cells, texts = self.cells, set[str]()
        toolchain = runner_class(self.language).toolchain
        command = [*(cells.command or toolchain.find() or ()), *cells.options]
        suffix = (
            ".js" if self.language == "typescript" else runner_class(self.language).language.suffix
        )
        folder = Path(tempfile.mkdtemp(dir="."))
        full, empty = folder / f"full{suffix}", folder / f"empty{suffix}"
        full.write_text(cells.program.replace("{}", cells.prints) + "\n")
        empty.write_text(cells.program.replace("{}", cells.empty) + "\n")

        def cell() -> float:
            seconds, text = kernel.execute(cells.prints)
            texts.add(text)
            return seconds

        own, alone, start = repeat(
            self.few,
            cell,
            lambda: read_all([*command, str(full)], terminal=False),
            lambda: read_all([*command, str(empty)], terminal=False),
        )
        exact = texts == {f"{LINE}\n" * LINES}
        self.tables.add(
            self.tables.prints, self.language, f"{own:.0f}", f"{alone - start:.0f}",
            coloured(own / (alone - start), 1.3), "yes" if exact else "NO",
        )  # fmt: skip

    def _endure(self, kernel: Kernel) -> None:
        """Many cells, one after the other: whether they become slower, and what they leave."""
        samples = []
        before = (0.0, 0.0)
        warm = self.many // 10
        for number in range(self.many):
            if number == warm:
                before = memory(kernel)
            samples.append(execute_seconds(kernel, self.cells.trivial))
        grown = [
            (after - then) / (self.many - warm)
            for after, then in zip(memory(kernel), before, strict=True)
        ]
        first, last = statistics.median(samples[:100]), statistics.median(samples[-100:])
        self.tables.add(
            self.tables.many, self.language, f"{sum(samples):.1f}",
            coloured(round(last / first, 1), 1.0), f"{grown[0]:.2f}", f"{grown[1]:.2f}",
        )  # fmt: skip

    def _starts(self, peers: list[str]) -> dict[str, float]:
        """Milliseconds from a kernel's start to the reply of its first cell."""
        kernels: dict[str, Callable[[], float]] = {
            self.language: lambda: start_once(ours(self.language), self.cells.trivial)[1]
        }
        for peer in self.peers:
            if peer.name in peers:
                kernels[peer.name] = partial(first_cell, peer, self.cells.trivial)
        return measured(self.few, kernels)

    def _tell_cells(
        self,
        cells: dict[str, float],
        bare: float,
        empty: float,
        interrupts: dict[str, tuple[str, str]],
        starts: dict[str, float],
    ) -> None:
        limit = 1.1 * bare + MS_OF_OURS + empty
        for name, ms in cells.items():
            start = f"{starts[name]:.0f}" if name in starts else "no answer"
            if name != self.language:
                row = [f"· {name}", start, f"{ms:.2f}", "", "", "", ""]
            else:
                peers = [other for peer, other in cells.items() if peer != name]
                ratio = coloured(ms / min(peers), 1.0) if peers else ""
                colour = "green" if ms <= limit else "red"
                verdict = f"[{colour}]{'≤' if ms <= limit else '>'} {limit:.2f}[/]"
                row = [name, start, f"{ms:.2f}", f"{bare:.2f}", f"{empty:.2f}", verdict, ratio]
            self.tables.add(self.tables.cells, *row, *interrupts[name])

    def _first_of_jshell(self) -> None:
        """Java's first cell beside the same snippet in the JDK's own jshell."""
        code = 'System.out.println("hello")'
        times = measured(
            self.few,
            {
                "kernel": lambda: start_once(ours("java"), code)[1],
                "jshell": lambda: first_output(["jshell", "-s", "-"], f"{code}\n"),
            },
        )
        if len(times) == 2:
            own, other = times.values()
            ratio = coloured(own / other, 1.0)
            self.tables.add(self.tables.jshell, "our kernel, to its reply", f"{own:.0f}", ratio)
            self.tables.add(self.tables.jshell, "jshell, to its output", f"{other:.0f}", "")


def first_cell(peer: Peer, code: str) -> float:
    """Seconds from a peer's start to the reply of its first cell."""
    return start_once(peer.argv, code, **peer.env)[1]


def first_output(argv: list[str], text: str) -> float:
    """Seconds from a program's start to the first that it writes, given this input."""
    started = time.perf_counter()
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(text.encode())
        program.stdin.close()
        program.stdout.readline()
        seconds = time.perf_counter() - started
        program.kill()
    return seconds


def measured(runs: int, measures: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Medians in milliseconds of measures that alternate; none of what never answers."""
    samples: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(runs):
        for name, measure in measures.items():
            with contextlib.suppress(*FAILURES):
                samples[name].append(measure())
    return {name: median_ms(own) for name, own in samples.items() if own}


def memory(kernel: Kernel) -> tuple[float, float]:
    """KiB that only the kernel's own process has, and those of its session."""
    own = kernel.process
    session = [
        child
        for child in own.children(recursive=True)
        if not any(word.endswith("supervisor.py") for word in child.cmdline())
    ]
    return unshared([own]), unshared(session)


def unshared(family: list[psutil.Process]) -> float:
    """KiB that nobody else has."""
    return float(sum(process.memory_full_info().uss for process in family)) / 1024
