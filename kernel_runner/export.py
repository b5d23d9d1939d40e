"""%export: the cells of a notebook as a project that needs no kernel."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernel_runner import export_files
from kernel_runner.console import PLAIN, Bundle, Console, PassingConsole

if TYPE_CHECKING:
    from kernel_runner.runner import BaseRunner

NUMBER = re.compile(r"-?\d*\.?\d+(?:e[-+]?\d+)?")


class ExportError(Exception):
    """Cells that can't be written as a project; the message is a sentence."""


@dataclass(frozen=True)
class Ran:
    """A cell that has run without an error: its number, its text, and its value as it was shown."""

    number: int
    text: str
    result: str = ""


@dataclass
class Project:
    """The files to write, by name, and sentences for the person."""

    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class ResultConsole(PassingConsole):
    """Passes on, and keeps the text of the value that is shown."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self.text = ""

    def result(self, bundle: Bundle, metadata: Any = None) -> None:
        """Pass on, and keep."""
        self.text = str(bundle.get(PLAIN, ""))
        super().result(bundle, metadata)


async def write(project: Project, folder: Path, runner: BaseRunner) -> None:
    """Write the files into a folder that is new, empty, or as an export has left it.

    A program does it, which may do what all programs of the language may.
    Raises ExportError where something of the person's would be lost, or cannot be written; and
    SpawnError and OSError.
    """
    await runner.spawner.ready()
    files = runner.spawner.run_directory / "export.json"
    files.write_text(json.dumps(project.files))
    command = [sys.executable, "-I", "-S", export_files.__file__, str(files), str(folder)]
    code, told = await runner.capture_beside(command, "/")
    if code:
        sentence = told.decode("utf-8", "replace").strip()
        raise ExportError(sentence or f"{folder} was not written.")


def project_name(folder: Path) -> str:
    """A name for the project in this folder that every build system takes."""
    name = re.sub(r"[^a-z0-9_]+", "_", folder.name.lower()).strip("_")
    return name if name[:1].isalpha() else f"notebook_{name}".rstrip("_")


def indented(text: str, by: str = "    ") -> str:
    """A text's lines further to the right. Those of a text of several lines may be in a string,
    and stay."""
    first, *rest = text.split("\n")
    if any(mark in text for mark in ('R"', "`", 'r#"')) or text.count('"') % 2:
        rest_in = rest
    else:
        rest_in = [f"{by}{line}" if line.strip() else line for line in rest]
    return "\n".join([f"{by}{first}", *rest_in])
