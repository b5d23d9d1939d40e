"""Other people's clients: jupyter console and nbclient on installed kernels."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pexpect
import pytest
from conftest import require
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

TIMEOUT = 60


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Kernels as `kernel-runner install` leaves them, under a prefix that Jupyter looks at."""
    prefix = tmp_path_factory.mktemp("prefix")
    for language in ("bash", "c"):
        require(language)
    command = [sys.executable, "-m", "kernel_runner.cli", "install", "bash", "c"]
    script = "from kernel_runner.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", script, *command[3:], "--prefix", str(prefix)], check=True
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(prefix / "share" / "jupyter"))
        yield prefix


@pytest.fixture
def console(installed: Path, request: pytest.FixtureRequest) -> Iterator[pexpect.spawn]:
    """jupyter console on the kernel that the test names."""
    argv = ["-m", "jupyter_console", "--kernel", request.param, "--simple-prompt"]
    child = pexpect.spawn(
        sys.executable, argv, encoding="utf-8", timeout=TIMEOUT, env={**os.environ, "TERM": "dumb"}
    )
    child.setecho(False)
    child.expect(r"In \[1\]:")
    yield child
    child.sendeof()
    child.close(force=True)


@pytest.mark.parametrize("console", ["bash"], indirect=True)
def test_jupyter_console_with_bash(console: pexpect.spawn) -> None:
    console.sendline("kept=41; echo $((kept + 1))")
    console.expect(r"\b42\b")
    console.expect(r"In \[2\]:")
    console.sendline('read -p "name? " name; echo "hello $name"')
    console.expect(r"name\? ")
    console.sendline("Ada")
    console.expect("hello Ada")
    console.expect(r"In \[3\]:")
    console.sendline("no-such-command")
    console.expect("command not found")


@pytest.mark.parametrize("console", ["c"], indirect=True)
def test_jupyter_console_with_c(console: pexpect.spawn) -> None:
    console.sendline('int main(void) { return __builtin_puts("hello from C") < 0; }')
    console.expect("hello from C")
    console.expect(r"In \[2\]:")


def test_nbclient_runs_a_notebook(installed: Path, tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("kept=5; echo one; echo two >&2"),
            nbformat.v4.new_code_cell("echo $kept; read x || echo nobody answers"),
        ]
    )
    client = NotebookClient(notebook, kernel_name="bash", timeout=TIMEOUT)
    client.execute(cwd=str(tmp_path))
    texts = ["".join(o["text"] for o in cell["outputs"]) for cell in notebook.cells]
    assert sorted(texts[0].split()) == ["one", "two"]
    assert texts[1] == "5\nnobody answers\n"


def test_nbclient_stops_at_an_error(installed: Path) -> None:
    cells = [nbformat.v4.new_code_cell(code) for code in ("exit 3", "echo never")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    with pytest.raises(CellExecutionError, match="exit code 3"):
        NotebookClient(notebook, kernel_name="bash", timeout=TIMEOUT).execute()
    assert not notebook.cells[1].get("outputs")
