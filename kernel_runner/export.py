"""%export: the cells of a notebook as a project that needs no kernel."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel_runner.console import PLAIN, Bundle, Console, PassingConsole

# What was written, by name, with the digest of each: only what is still so is written over.
WRITTEN = ".exported"
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


def write(project: Project, folder: Path) -> None:
    """Write the files into a folder that is new, empty, or as an export has left it.

    Raises ExportError where something of the person's would be lost, and OSError.
    """
    known = _written(folder)
    if known is None and folder.exists() and any(folder.iterdir()):
        raise ExportError(f"{folder} has files in it: %export writes into a new or empty folder.")
    known = known or {}
    for name in {*known, *project.files}:
        path = folder / name
        if path.exists() and known.get(name) != digest(path.read_bytes()):
            raise ExportError(
                f"{path} is not as %export has left it: move it away, or export to another folder."
            )
    for name in known.keys() - project.files.keys():
        (folder / name).unlink(missing_ok=True)
    for name, text in project.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    digests = {name: digest((folder / name).read_bytes()) for name in project.files}
    (folder / WRITTEN).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def _written(folder: Path) -> dict[str, str] | None:
    """What an export has written there; None where there was none."""
    try:
        known = json.loads((folder / WRITTEN).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ExportError(f"{folder / WRITTEN} cannot be read: {error}.") from error
    return {str(name): str(value) for name, value in dict(known).items()}


def digest(data: bytes) -> str:
    """What tells whether a file is still the same."""
    return hashlib.sha256(data).hexdigest()


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
