"""Kernels in containers: what a start takes, beside an empty container and the kernel alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Report, console, held, ours, repeat, start_once

ENGINE = ("sh", str(Path(__file__).parents[1] / "images.sh"), "engine")
FIRST_CELLS = {"c": "1 + 1", "r": "1 + 1"}
MOST = 1.5  # of an empty container and the kernel's own start, one after the other


def bench_container(report: Report, runs: int) -> None:
    """The images that `make images IMAGES="c r"` has made."""
    table = report.table(
        "Containers, to the first cell's result", "image", "kernel in a container ms",
        "run IMAGE true ms", "kernel alone ms", "ratio",
    )  # fmt: skip
    engine, *settings = subprocess.check_output(ENGINE, text=True).split()
    if settings:
        os.environ["CONTAINERS_CONF"] = settings[0]
    for language, code in FIRST_CELLS.items():
        try:
            report.add(table, language, *costs(engine, language, code, max(5, runs // 3)))
        except (OSError, subprocess.CalledProcessError):
            console.print(f"kernel-runner:{language} is left out: it was not made (make images)")
    console.print(table)


def costs(engine: str, language: str, code: str, runs: int) -> list[str]:
    """The columns about an image. Raises CalledProcessError and OSError where it is not there."""
    image = f"kernel-runner:{language}"
    empty = [engine, "run", "--rm", image, "true"]
    contained = [sys.executable, "-m", "kernel_runner.containers", engine, image, language]
    run(empty)
    with tempfile.TemporaryDirectory() as folder:
        start, bare, alone = repeat(
            runs,
            lambda: start_once(contained, code, cwd=folder)[1],
            lambda: run(empty),
            lambda: start_once(ours(language), code, cwd=folder)[1],
        )
    return [f"{start:.0f}", f"{bare:.0f}", f"{alone:.0f}", held(start / (bare + alone), MOST)]


def run(argv: list[str]) -> float:
    """Seconds that a command takes. Raises CalledProcessError and OSError."""
    started = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True)
    return time.perf_counter() - started
