"""Other people's clients: jupyter console and nbclient on installed kernels."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
import pytest
from conftest import Start, require
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

TIMEOUT = 60
COMMAND = Path(sys.executable).with_name("kernel-runner")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Kernels as `kernel-runner install` leaves them, under a prefix that Jupyter looks at."""
    prefix = tmp_path_factory.mktemp("prefix")
    for language in ("bash", "c"):
        require(language)
    subprocess.run([COMMAND, "install", "bash", "c", "--prefix", prefix], check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(prefix / "share" / "jupyter"))
        yield prefix


def console(language: str, *lines: str) -> str:
    """What jupyter console prints while these lines are typed into it."""
    command = [sys.executable, "-m", "jupyter_console", "--kernel", language, "--simple-prompt"]
    return typed_into(command, *lines)


def typed_into(command: Sequence[str], *lines: str) -> str:
    """What a program prints while these lines are typed into it."""
    typed = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(
        command,
        input=typed.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    return done.stdout.decode()


def test_jupyter_console_with_bash(installed: Path) -> None:
    printed = console(
        "bash",
        "kept=41; echo $((kept + 1))",
        'read -p "name? " name; echo "hello $name"',
        "Ada",
        "no-such-command",
        "echo $kept",
    )
    for expected in ("Bash 5", "42\n", "name? ", "hello Ada\n", "command not found", "41\n"):
        assert expected in printed


def test_jupyter_console_with_c(installed: Path) -> None:
    greet = 'int main(void) { char n[9]; scanf("%8s", n); return printf("hello %s\\n", n) < 0; }'
    printed = console(
        "c", f"int scanf(const char *, ...), printf(const char *, ...); {greet}", "Ada"
    )
    assert "hello Ada" in printed


@pytest.mark.parametrize("encryption", ["disabled", "required"])
def test_a_console_on_a_kernel_that_runs(
    start: Start, encryption: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simple = "get_config().ZMQTerminalInteractiveShell.simple_prompt = True\n"
    (tmp_path / "jupyter_console_config.py").write_text(simple)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    kernel = start("bash", transport_encryption=encryption)
    kernel.client.cell("kept=41")
    (file,) = kernel.folder.parent.glob("*.json")
    command = [str(COMMAND), "console", str(file)]
    lines = ("echo $((kept + 1))", 'read -p "name? " name; echo "hello $name"', "Ada", "true")
    printed = typed_into(command, *lines)
    for expected in ("42\n", "name? ", "hello Ada\n"):
        assert expected in printed, printed
    assert kernel.client.cell('echo "$name lives on"').stdout == "Ada lives on\n"


def test_a_console_without_a_kernel(tmp_path: Path) -> None:
    missing = str(tmp_path / "kernel.json")
    printed = typed_into([str(COMMAND), "console", missing])
    assert printed == f"{missing} cannot be used: No such file or directory.\n"


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
