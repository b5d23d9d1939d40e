"""Cells of compiled languages that remember, beside the bare compiler: what they cost, what a
crash leaves."""

from __future__ import annotations

import queue
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import (
    Kernel,
    Report,
    console,
    held,
    median_ms,
    ours,
    repeat,
    running,
    start_once,
)
from peers import PEERS, NotInstalled, Peer

from kernel_runner.languages import all_languages

MANY = 500  # cells, each with a declaration
STORM = 1000  # cells, of which every tenth does its worst


@dataclass(frozen=True)
class Native:
    """A language's cells: {n} is a number that no other cell has.

    cell and program do the same; commands compile and run ``source``. crashes: cells that end
    the process that they run in; prepares: a cell that makes them possible; state: a cell that
    gives 41 as long as nothing is lost.
    """

    setup: str
    cell: str
    declaration: str
    program: str
    source: str
    commands: tuple[Sequence[str], ...]
    limit: float
    state: str
    crashes: tuple[str, ...]
    prepares: str = ""


HEADERS = "#include <iostream>\n#include <string>\n#include <vector>\n#include <map>\n"
HEADERS += "#include <algorithm>\n"
C_CRASHES = (
    "*(volatile int *)0 = 1;",
    "abort();",
    "exit(3);",
    "_exit(4);",
    "kill(getpid(), SIGKILL);",
    "volatile char deep[1 << 24]; deep[0] = 1;",
    "raise(SIGFPE);",
)
NATIVE = {
    "c": Native(
        setup="#include <stdio.h>\nint x = 41;",
        cell="x + {n}",
        declaration="int v{n} = {n};\nv{n} + x",
        program="#include <stdio.h>\nint main(void) {{ int x = 41; "
        'printf("%d\\n", x + {n}); return 0; }}',
        source="x.c",
        commands=(("gcc", "x.c", "-o", "x"), ("./x",)),
        limit=1.1,
        state="x",
        crashes=C_CRASHES,
        prepares="#include <stdlib.h>\n#include <unistd.h>\n#include <signal.h>",
    ),
    "cpp": Native(
        setup=HEADERS + "int x = 41;",
        cell="x + {n}",
        declaration="int v{n} = {n};\nv{n} + x",
        program=HEADERS + "int main() {{ int x = 41; std::cout << x + {n} << '\\n'; }}",
        source="x.cpp",
        commands=(("g++", "-std=c++20", "x.cpp", "-o", "x"), ("./x",)),
        limit=0.4,
        state="x",
        crashes=(*C_CRASHES, "throw 1;"),
        prepares="#include <csignal>\n#include <cstdlib>\n#include <unistd.h>",
    ),
    "rust": Native(
        setup="let x = 41;",
        cell="x + {n}",
        declaration="let v{n} = {n};\nv{n} + x",
        program='fn main() {{ let x = 41; println!("{{:?}}", x + {n}); }}',
        source="x.rs",
        commands=(("rustc", "--edition=2021", "x.rs", "-o", "x"), ("./x",)),
        limit=1.4,
        state="x",
        crashes=(
            'panic!("worst")',
            "unsafe { *(1 as *mut i32) = 1; }",
            "std::process::abort()",
            "std::process::exit(3)",
            "let v: Vec<i32> = vec![];\nv[3]",
        ),
    ),
}


def bench_native(report: Report, runs: int) -> None:
    """Each language whose compiler is there."""
    table = report.table(
        "Native cells", "language", "cell ms", "bare ms", "ratio", "cached ms (≤ 15)",
        "500th to 5th", "snapshot ms (≤ 3)",
    )  # fmt: skip
    storm = report.table(
        "1,000 cells, every tenth at its worst", "language", "seconds", "state right", "left"
    )
    peers = report.table(
        "Native cells beside the best peer", "language", "peer", "first cell ms", "its ms",
        "cell ms", "its ms ", "ratio",
    )  # fmt: skip
    for name, native in NATIVE.items():
        if not shutil.which(native.commands[0][0]) or name not in all_languages():
            continue
        with running(ours(name)) as kernel:
            kernel.execute(native.setup)
            report.add(table, name, *costs(kernel, native, runs))
            report.add(storm, name, *survives(kernel, native))
        for peer in PEERS.get(name, ()):
            try:
                peer.bring()
                report.add(peers, name, peer.name, *beside(peer, name, native, runs))
            except NotInstalled as error:
                console.print(f"{peer.name} is left out: {error}")
            except (queue.Empty, RuntimeError):
                console.print(f"{peer.name} is left out: it does not answer")
    console.print(table)
    console.print(storm)
    console.print(peers)


def costs(kernel: Kernel, native: Native, runs: int) -> list[str]:
    """The columns of the first table."""
    number = unique_numbers()
    with tempfile.TemporaryDirectory() as folder:

        def bare() -> float:
            Path(folder, native.source).write_text(native.program.format(n=number()))
            started = time.perf_counter()
            for command in native.commands:
                subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            return time.perf_counter() - started

        def cell() -> float:
            return kernel.execute(native.cell.format(n=number()))[0]

        for _ in range(3):  # what is made in the background at the beginning
            bare()
            cell()
        mine, theirs = repeat(runs, cell, bare)
    cached, without = cached_costs(native, runs)
    grown = growth(native)
    return [
        f"{mine:.1f}", f"{theirs:.1f}", held(mine / theirs, native.limit), f"{cached:.1f}",
        held(grown, 1.2), f"{cached - without:+.1f}",
    ]  # fmt: skip


def cached_costs(native: Native, runs: int) -> list[float]:
    """Milliseconds of cells that an earlier kernel has compiled: with a snapshot, and without."""
    first = unique_numbers()()
    costs = []
    for snapshots in ("auto", "on", "off"):
        with running(ours(name_of(native))) as kernel:
            kernel.execute(native.setup)
            kernel.execute(f"%snapshot {snapshots}")
            cells = (native.cell.format(n=first + index) for index in range(runs))
            costs.append(median_ms([kernel.execute(cell)[0] for cell in cells]))
    return costs[1:]


def growth(native: Native) -> float:
    """What the cells around the 500th cost, to what those around the 5th did."""
    number = unique_numbers()
    with running(ours(name_of(native))) as kernel:
        kernel.execute(native.setup)
        times = [kernel.execute(native.declaration.format(n=number()))[0] for _ in range(MANY + 10)]
    return median_ms(times[MANY - 10 : MANY + 10]) / median_ms(times[3:13])


def beside(peer: Peer, name: str, native: Native, runs: int) -> list[str]:
    """The columns about a peer: its start to the first cell's reply, and fresh cells."""
    number = unique_numbers()

    def first(argv: Sequence[str], **environment: str) -> Callable[[], float]:
        return lambda: start_once(argv, native.setup, **environment)[1]

    command = ours(name)
    few = max(3, runs // 5)
    own_start, its_start = repeat(few, first(command), first(peer.argv, **peer.env))
    with running(command) as kernel, running(peer.argv, **peer.env) as other:
        for one in (kernel, other):
            one.execute(native.setup)
        cell, its = repeat(
            runs,
            lambda: kernel.execute(native.cell.format(n=number()))[0],
            lambda: other.execute(native.cell.format(n=number()))[0],
        )
    return [
        f"{own_start:.0f}", f"{its_start:.0f}", f"{cell:.1f}", f"{its:.1f}", f"{cell / its:.2f}",
    ]  # fmt: skip


def survives(kernel: Kernel, native: Native) -> list[str]:
    """The columns of the second table."""
    number = unique_numbers()
    kernel.execute(native.prepares)
    right = 0
    started = time.perf_counter()
    for index in range(STORM // 10):
        for _ in range(8):
            kernel.execute(native.cell.format(n=number()))
        kernel.execute(native.crashes[index % len(native.crashes)])
        _, text = kernel.execute(native.state)
        right += "41" in text + kernel.result
    seconds = time.perf_counter() - started
    left = [one.name() for one in kernel.process.children(recursive=True) if one.is_running()]
    return [f"{seconds:.0f}", f"{right} of {STORM // 10}", ", ".join(sorted(left))]


def name_of(native: Native) -> str:
    """The name of its kernel."""
    return next(name for name, one in NATIVE.items() if one is native)


def unique_numbers() -> Callable[[], int]:
    """Numbers that no cell of an earlier run has had."""
    start = time.time_ns() // 1000 % 1_000_000_000
    counter = iter(range(start, start + 1_000_000))
    return lambda: next(counter)
