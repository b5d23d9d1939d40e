"""Measure our kernels beside others, in one run: ratios hold on a noisy machine, times do not.

    make bench BENCH="[--runs N] [--only SECTION ...] [--languages NAME ...] [--json FILE]"

Sections: start, cells, output, interactive, compiled, native, go, batch, large, container,
languages, storm. Every figure is a median; where two are compared, their runs alternate.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
from pathlib import Path

from harness import Report, console
from languages import bench_languages, session_languages
from sections import SECTIONS
from storm import bench_storm

import kernel_runner


def main() -> None:
    """Run the sections that were asked for."""
    sections = [*SECTIONS, "languages", "storm"]
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=30, help="samples of each figure")
    parser.add_argument("--only", nargs="+", choices=sections, default=sections)
    parser.add_argument("--languages", nargs="+", metavar="NAME",
                        help="those of the section languages; all that have a session")  # fmt: skip
    parser.add_argument("--cells", type=int, default=5000, help="cells in one session, each")
    parser.add_argument("--minutes", type=float, default=5, help="how long the storm takes")
    parser.add_argument("--json", type=Path, help="write all rows here as well")
    options = parser.parse_args()
    # pip compiles what it installs, the peers among it, but not what it installs as editable.
    compileall.compile_dir(Path(kernel_runner.__file__).parent, quiet=1)
    console.print(
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"{os.cpu_count()} cores, {platform.system()} {platform.release().split('-')[0]}, "
        f"medians of {options.runs}, load {os.getloadavg()[0]:.1f}"
    )
    report = Report()
    for name in options.only:
        if name == "languages":
            names = options.languages or session_languages()
            bench_languages(report, options.runs, names, options.cells)
        elif name == "storm":
            bench_storm(report, options.minutes)
        else:
            SECTIONS[name](report, options.runs)
    if options.json:
        options.json.write_text(json.dumps(report.rows, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
