"""Thirty kernels at once, for minutes: cells, interrupts, programs and kernels that are killed."""

from __future__ import annotations

import contextlib
import os
import queue
import random
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from harness import Kernel, Report, console, ours

KERNELS = 30
MARK = "KERNEL_RUNNER_STORM"  # the variable by which what is left is found
PATIENCE = 120  # seconds for an answer: two cores have all of them to do


@dataclass(frozen=True)
class Cells:
    """A language's: one that writes a number, an endless one that writes first, a suicide."""

    number: str
    endless: str
    suicide: str
    setup: str = ""


CELLS = {
    "bash": Cells("echo $(({n} + 1))", "echo on; while :; do :; done", "kill -9 $$"),
    "c": Cells(
        'printf("%d\\n", {n} + 1);',
        'puts("on"); for (volatile long i = 0; ; i++);',
        "kill(getpid(), SIGKILL);",
        setup="#include <signal.h>\n#include <stdio.h>\n#include <unistd.h>",
    ),
    "nodejs": Cells(
        "console.log({n} + 1)", "console.log('on'); for (;;);", "process.kill(process.pid, 9)"
    ),
    "python": Cells(
        "print({n} + 1)",
        "print('on', flush=True)\nwhile True: pass",
        "import os; os.kill(os.getpid(), 9)",
    ),
    "ruby": Cells("puts({n} + 1)", "puts 'on'; $stdout.flush; loop {}", "Process.kill(9, $$)"),
}


@dataclass
class Story:
    """What has happened to a kernel."""

    language: str
    done: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    left_open: int = 0
    memory: float = 0.0


def bench_storm(report: Report, minutes: float) -> None:
    """A row for each language, and what was left when all had ended."""
    table = report.table(
        f"{KERNELS} kernels at once, {minutes:g} minutes", "language", "kernels", "requests",
        "interrupts", "programs killed", "kernels killed", "unanswered", "wrong", "MiB each",
        "more descriptors",
    )  # fmt: skip
    stories = [Story(list(CELLS)[number % len(CELLS)]) for number in range(KERNELS)]
    mark = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as folder:
        environment = {MARK: mark, "TMPDIR": folder}
        deadline = time.monotonic() + 60 * minutes
        threads = [
            threading.Thread(target=live, args=(story, environment, deadline, number))
            for number, story in enumerate(stories)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for language in CELLS:
            report.add(table, language, *row([one for one in stories if one.language == language]))
        gone = psutil.wait_procs(list(marked(mark)), timeout=5)[1]
        names = [*(process.name() for process in gone), *(path.name for path in files(folder))]
    console.print(table)
    console.print(f"left of processes and files: {', '.join(names) or 'nothing'}")


def live(story: Story, environment: dict[str, str], deadline: float, seed: int) -> None:
    """A kernel's life: random things until the deadline."""
    chance = random.Random(seed)
    cells = CELLS[story.language]
    kernel = Kernel(ours(story.language), timeout=PATIENCE, **environment)
    try:
        kernel.execute(cells.setup)
        story.opened = descriptors(kernel)
        while time.monotonic() < deadline:
            act(story, kernel, cells, chance)
        check(story, kernel, cells, chance)
        story.left_open = descriptors(kernel)
        story.memory = kernel.memory()
    except queue.Empty:
        story.done["unanswered"] += 1
    finally:
        kernel.close()


def act(story: Story, kernel: Kernel, cells: Cells, chance: random.Random) -> None:
    """One random thing."""
    story.done["requests"] += 1
    match chance.choices(range(5), (70, 12, 8, 7, 3))[0]:
        case 0:
            check(story, kernel, cells, chance)
        case 1:
            kernel.interrupt_after_start(cells.endless)
            story.done["interrupts"] += 1
        case 2:
            kernel.execute(cells.suicide)
            kernel.execute(cells.setup)
            story.done["programs killed"] += 1
        case 3:
            kernel.kill_program(cells.endless)
            kernel.execute(cells.setup)
            story.done["programs killed"] += 1
        case _:
            kernel.kill_and_restart()
            kernel.execute(cells.setup)
            story.done["kernels killed"] += 1


def check(story: Story, kernel: Kernel, cells: Cells, chance: random.Random) -> None:
    """A cell, whose output is known."""
    number = chance.randrange(10**6)
    _, text = kernel.execute(cells.number.format(n=number))
    story.done["wrong"] += text.strip() != str(number + 1)


def row(stories: list[Story]) -> list[str]:
    """What a language's kernels have lived through."""
    done: Counter[str] = sum((story.done for story in stories), Counter())
    names = ("requests", "interrupts", "programs killed", "kernels killed", "unanswered", "wrong")
    memory = sum(story.memory for story in stories) / len(stories)
    more = max(story.left_open - story.opened for story in stories)
    return [
        str(len(stories)), *(f"{done[name]:,}" for name in names), f"{memory:.0f}", f"{more:+}"
    ]  # fmt: skip


def descriptors(kernel: Kernel) -> int:
    """How many the kernel's own process has."""
    return kernel.process.num_fds()


def marked(mark: str) -> Iterator[psutil.Process]:
    """The processes that have the mark in their environment."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                yield process


def files(folder: str) -> list[Path]:
    """What lies in a folder."""
    return sorted(Path(folder).iterdir())
