"""Run notebooks through their kernels and show how that went.

    python tools/demo.py [NOTEBOOK ...]

Without names, all notebooks of examples/. Each runs in a temporary directory, through the kernel
that is registered for its language beside this Python; as executed, it goes to build/demo/. The
exit code is 1 when one of them failed. A language whose toolchain is missing is not a failure:
its row says what to install.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kernel_runner.kernelspec import installed
from kernel_runner.languages import all_languages, runner_class

ROOT = Path(__file__).parents[1]
EXECUTED = ROOT / "build" / "demo"
CELL_TIMEOUT = 120  # seconds
STYLES = {"ok": "green", "failed": "bold red", "missing": "yellow"}


@dataclass(frozen=True)
class Row:
    """What became of a notebook: ok, failed or missing, in one sentence, and in detail."""

    language: str
    notebook: str
    cells: str
    seconds: float
    outcome: str
    sentence: str
    details: str = ""


def main(names: list[str]) -> int:
    """Run the notebooks; the exit code."""
    # As in an activated environment: its programs come first, and its kernels do.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    notebooks = [Path(name) for name in names] or sorted((ROOT / "examples").glob("*.ipynb"))
    EXECUTED.mkdir(parents=True, exist_ok=True)
    console = Console()
    rows = []
    with console.status("") as status:
        for notebook in notebooks:
            status.update(f"running {notebook.name}")
            rows.append(run(notebook))
    console.print(table(rows))
    for row in rows:
        if row.details:
            console.rule(row.notebook)
            console.print(Text.from_ansi(row.details))
    console.print(f"The notebooks with their output are in {os.path.relpath(EXECUTED)}/.")
    return 1 if any(row.outcome == "failed" for row in rows) else 0


def run(path: Path) -> Row:
    """Run one notebook through its kernel."""
    notebook = nbformat.read(path, as_version=4)
    total = len(code_cells(notebook))
    language = language_of(notebook)
    missing = what_to_install(language)
    if missing:
        return Row(language, path.name, f"0/{total}", 0.0, "missing", missing)
    started = time.monotonic()
    failure, details = execute(notebook, kernel_of(language))
    seconds = time.monotonic() - started
    nbformat.write(notebook, EXECUTED / path.name)
    done = sum(cell.execution_count is not None for cell in code_cells(notebook)) - bool(failure)
    outcome = "failed" if failure else "ok"
    return Row(
        language, path.name, f"{max(done, 0)}/{total}", seconds, outcome, failure or "ok", details
    )


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The cells that are run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def language_of(notebook: NotebookNode) -> str:
    """Our name for the language of the kernel that a notebook names."""
    name = str(notebook.metadata.kernelspec.name)
    for language in all_languages():
        if name == language or name in runner_class(language).language.kernels:
            return language
    return name


def what_to_install(language: str) -> str:
    """A sentence, where the language or its toolchain is missing."""
    if language not in all_languages():
        return f"there is no language {language}"
    class_ = runner_class(language)
    if class_.toolchain.find() is None:
        return class_.toolchain.missing(class_.language.display_name)
    return ""


def kernel_of(language: str) -> str:
    """The name to start our kernel for a language by; empty where none is registered."""
    for kernel in installed():
        if kernel.language == language:
            # jupyter_client starts python3 when it is asked for python, but not for Python.
            return kernel.name.capitalize() if kernel.name == "python" else kernel.name
    return ""


def execute(notebook: NotebookNode, kernel: str) -> tuple[str, str]:
    """Run all cells; what failed, in a sentence and in detail, both empty where nothing did."""
    if not kernel:
        return "no kernel is registered: kernel-runner install", ""
    with tempfile.TemporaryDirectory(prefix="kernel_runner-demo-") as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(
            notebook, kernel_name=kernel, timeout=CELL_TIMEOUT, resources=resources
        )
        try:
            client.execute()
        except CellExecutionError as error:
            return f"{error.ename}: {error.evalue}", error.traceback
        except (CellControlSignal, DeadKernelError, RuntimeError) as error:
            return f"{type(error).__name__}: {error}", ""
    return "", ""


def table(rows: Sequence[Row]) -> Table:
    """One line a notebook."""
    table = Table(title="kernel_runner: notebooks through their kernels", title_justify="left")
    for name in ("language", "notebook"):
        table.add_column(name, no_wrap=True)
    for name in ("cells", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("result", overflow="fold")
    for row in rows:
        result = Text(row.sentence, style=STYLES[row.outcome])
        table.add_row(row.language, row.notebook, row.cells, f"{row.seconds:.1f}", result)
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
