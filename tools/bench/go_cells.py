"""The section about Go: a cell beside `go run` of the same program, and beside gonb."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from harness import Report, console, held, median_ms, ours, repeat, running
from peers import PLACE, NotInstalled, run

BODY = 'fmt.Println(strings.ToUpper("a"), sort.SearchInts([]int{%d}, 2), strconv.Itoa(%d))'
IMPORTS = '"fmt"; "sort"; "strconv"; "strings"'
MAIN = f"package main\n\nimport ({IMPORTS})\n\nfunc main() {{{{\n\t{{}}\n}}}}\n"
CELLS = 500
GONB = "github.com/janpfeifer/gonb@latest"
GOIMPORTS = "golang.org/x/tools/cmd/goimports@latest"


def bench_go(report: Report, runs: int) -> None:
    """A fresh cell, the same cell again, the 500th cell, and gonb's fresh cell."""
    if shutil.which("go") is None:
        console.print("Go is left out: there is no go on PATH.")
        return
    table = report.table("Go", "what", "ms", "beside", "its ms", "ratio")
    with running(ours("go")) as kernel, tempfile.TemporaryDirectory() as folder:

        def by_hand() -> float:
            Path(folder, "main.go").write_text(MAIN.format(statement()))
            started = time.perf_counter()
            subprocess.run(["go", "run", "main.go"], cwd=folder, check=True, capture_output=True)
            return time.perf_counter() - started

        def fresh() -> float:
            return kernel.execute(statement())[0]

        fresh(), by_hand()
        cell, bare = repeat(runs, fresh, by_hand)
        report.add(table, "a fresh cell", f"{cell:.1f}", "go run", f"{bare:.1f}",
                   held(cell / bare, 0.7))  # fmt: skip
        code = statement()
        kernel.execute(code)
        again = median_ms([kernel.execute(code)[0] for _ in range(runs)])
        report.add(table, "the same cell again", f"{again:.1f}", "≤ 15 ms", "", "")
        with running(ours("go")) as young:
            for number in range(CELLS):
                kernel.execute(f"func f{number}(n int) int {{ return n + {number} }}")
            after, before = repeat(
                runs, lambda: kernel.execute(declaring())[0], lambda: young.execute(declaring())[0]
            )
        report.add(table, f"a cell after {CELLS}", f"{after:.1f}", "one of the first",
                   f"{before:.1f}", held(after / before, 1.2))  # fmt: skip
        try:
            command = gonb()
        except NotInstalled as error:
            console.print(f"gonb is left out: {error}")
        else:
            path = os.pathsep.join([str(PLACE / "go"), os.environ["PATH"]])
            with running(command, PATH=path) as other:

                def theirs() -> float:
                    return other.execute(f"%%\n{statement()}")[0]

                theirs()
                cell, its = repeat(runs, fresh, theirs)
                report.add(table, "a fresh cell", f"{cell:.1f}", "gonb", f"{its:.1f}",
                           f"{cell / its:.2f}")  # fmt: skip
    console.print(table)


def statement() -> str:
    """A statement that no compiler has seen yet."""
    now = time.time_ns()
    return BODY % (now, now)


def declaring() -> str:
    """A cell that declares something and uses it."""
    salt = time.time_ns()
    return f"func g{salt}(n int) int {{ return n + {salt} }}\nfmt.Println(g{salt}(1))"


def gonb() -> list[str]:
    """gonb's command; it and what it needs are installed into a folder of the benchmark's own.

    Raises NotInstalled.
    """
    folder = PLACE / "go"
    for package in (GONB, GOIMPORTS):
        if not (folder / package.rpartition("/")[2].partition("@")[0]).exists():
            run(["env", f"GOBIN={folder}", "go", "install", package])
    return [str(folder / "gonb"), "--kernel", "{connection_file}"]
