"""Batch mode beside the bare commands: what a run costs more, and what a job does."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from harness import Report, coloured, console, repeat

COMMAND = str(Path(sys.executable).parent / "kernel-runner")
JOBS = 1000
SLOTS = 2
COMPILE = "gcc -Wall a.c -o a -lm"
PROGRAM = '#include <stdio.h>\nint main(void) { puts("done"); }\n'


def bench_batch(report: Report, runs: int) -> None:
    """A script, a C file that is built anew, one that is up to date, and many jobs."""
    table = report.table(
        "Batch mode", "what", "kernel-runner ms", "bare ms", "more (≤ 150; a job ≤ 25)"
    )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "a.sh").write_text("echo done\n")
        (place / "a.c").write_text(PROGRAM)

        def compare(what: str, words: Sequence[str], bare: str, anew: bool = False) -> None:
            def ours() -> float:
                if anew:
                    (place / "a.c").write_text(PROGRAM)  # it is newer now
                return seconds([COMMAND, "run", *words], folder)

            mine, theirs = repeat(runs, ours, lambda: seconds(["sh", "-c", bare], folder))
            more = coloured(mine - theirs, 150)
            report.add(table, what, f"{mine:.0f}", f"{theirs:.0f}", more)

        compare("a script", ("bash", "a.sh"), "bash a.sh")
        compare("a C file, compiled and run", ("c", "a.c"), f"{COMPILE} && ./a", anew=True)
        compare("the same, up to date", ("c", "a.c"), "./a")
        mine, theirs = jobs(place)
        more = coloured(mine - theirs, 25)
        report.add(
            table, f"a job of {JOBS:,}, {SLOTS} at once", f"{mine:.1f}", f"{theirs:.1f}", more
        )
    console.print(table)


def seconds(argv: Sequence[str], cwd: str) -> float:
    """How long a command takes."""
    started = time.perf_counter()
    subprocess.run(argv, cwd=cwd, check=True, capture_output=True)
    return time.perf_counter() - started


def jobs(place: Path) -> tuple[float, float]:
    """Milliseconds of wall clock that a job takes, and that a bare command in its place does."""
    job = json.dumps({"language": "bash", "path": "a.sh"})
    (place / "list").write_text(f"{job}\n" * JOBS)
    mine = seconds([COMMAND, "run", "--jobs", str(SLOTS), "list"], str(place))
    bare = f"seq {JOBS} | xargs -P {SLOTS} -I_ bash a.sh"
    theirs = seconds(["sh", "-c", bare], str(place))
    return mine / JOBS * 1000, theirs / JOBS * 1000
