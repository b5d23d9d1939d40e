"""Crates of others: what `:dep` asks for, built once by cargo into one library for all cells.

A cargo project whose library is `pub extern crate NAME;` for each dependency, linked dynamically,
so that cells share one copy of everything. Projects are named by what they depend on and the
compiler; what cargo has built is shared by all of them, under cargo's own lock.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_data_dir

from kernel_runner.language import program_identity

CRATE = "kernel_runner_dependencies"
PROJECT = """\
[package]
name = "{crate}"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"
crate-type = ["dylib"]

[workspace]

[dependencies]
{dependencies}
"""
BUILT = "built.json"
# :dep NAME, :dep NAME@1.2, :dep NAME = "1.2", :dep NAME = { version = "1.2", features = ["f"] }
REQUEST = re.compile(r"^\s*([A-Za-z_][\w-]*)\s*(?:=\s*(.*?)|@\s*([\w.^~=<>*-]+))?\s*$", re.DOTALL)
PATH = re.compile(r'(\bpath\s*=\s*)"([^"]*)"')


class DependencyError(Exception):
    """Something is wrong with what was asked for; the message is a sentence."""


@dataclass(frozen=True)
class Dependencies:
    """What cells may use. crate: the library that has all; empty: there are none. names: as code
    names them. folders: where the compiler and the loader look. externs: each name's file."""

    crate: str = ""
    names: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()
    externs: Mapping[str, str] = field(default_factory=dict)

    def compiled_anew_in(self, newer: Dependencies) -> set[str]:
        """The crates that ``newer`` has in another edition: their files have another digest."""
        return {
            name for name in self.names if newer.externs.get(name, "") != self.externs.get(name)
        }


NONE = Dependencies()


def several(text: str) -> list[str]:
    """The dependencies in a command's argument: one as in Cargo.toml, or names."""
    return text.split() if re.fullmatch(r"[\w@.^~-]+(?:\s+[\w@.^~-]+)+", text.strip()) else [text]


def requested(text: str, cwd: str) -> tuple[str, str]:
    """A dependency's name, and its value in Cargo.toml. Raises DependencyError."""
    match = REQUEST.match(text)
    if not match:
        sentence = f'{text.strip()!r} is no dependency: write `:dep name` or `:dep name = "1.0"`.'
        raise DependencyError(sentence)
    name, value, version = match.groups()
    if not value:
        return name, f'"{version or "*"}"'
    return name, PATH.sub(lambda path: f'{path[1]}"{Path(cwd, path[2]).resolve()}"', value)


class Project:
    """The cargo project for a set of dependencies and a compiler."""

    def __init__(self, wanted: Mapping[str, str], rustc: str, cargo: str) -> None:
        lines = "\n".join(f"{name} = {value}" for name, value in sorted(wanted.items()))
        identity = program_identity(rustc)
        home = Path(jupyter_data_dir()) / "kernel_runner" / "packages" / "cargo"
        digest = hashlib.sha256(f"{lines}\n{identity}".encode()).hexdigest()[:16]
        self.crate = f"{CRATE}_{digest}"
        self.folder = home / digest
        self._manifest = PROJECT.format(crate=self.crate, dependencies=lines)
        self._target = home / f"target-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
        self._cargo = cargo

    def find(self) -> Dependencies | None:
        """What was built before, where it is still there."""
        try:
            built = json.loads((self.folder / BUILT).read_text())
        except (OSError, ValueError):
            return None
        found = self._dependencies(built)
        paths = [Path(path) for path in found.externs.values()]
        return found if all(path.exists() for path in paths) else None

    def write(self, known: Project | None) -> None:
        """Write the project; versions that ``known`` has chosen stay."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "Cargo.toml").write_text(self._manifest)
        if not (self.folder / "lib.rs").exists():
            (self.folder / "lib.rs").touch()
        lock = known.folder / "Cargo.lock" if known else None
        if lock is not None and lock.exists() and not (self.folder / "Cargo.lock").exists():
            text = lock.read_text().replace(known.crate if known else "", self.crate)
            (self.folder / "Cargo.lock").write_text(text)

    def fetch(self) -> list[str]:
        """The command that downloads all."""
        return [self._cargo, "fetch", *self._here()]

    def ask(self) -> list[str]:
        """The command that says what the dependencies are called; for name_all."""
        return [self._cargo, "metadata", "--format-version", "1", *self._here()]

    def name_all(self, metadata: str) -> None:
        """Have the library bring every dependency, by what `ask` has said."""
        resolved: dict[str, Any] = json.loads(metadata)["resolve"]
        (root,) = [node for node in resolved["nodes"] if node["id"] == resolved["root"]]
        names = sorted(each["name"] for each in root["deps"])
        text = "".join(f"pub extern crate {name};\n" for name in names)
        if (self.folder / "lib.rs").read_text() != text:
            (self.folder / "lib.rs").write_text(text)
        self._packages = {each["pkg"]: each["name"] for each in root["deps"]}

    def build(self, *, tells: bool = False) -> list[str]:
        """The command that builds all; tells: and says where it is, for finish."""
        told = ["--message-format=json-render-diagnostics"] if tells else []
        target = ["--target-dir", str(self._target)]
        return [
            self._cargo, "rustc", "--release", "--lib", *self._here(), *target, *told,
            "--", "-Cprefer-dynamic",
        ]  # fmt: skip

    def finish(self, output: str) -> Dependencies:
        """Remember what was built, by what `build` has told."""
        externs = {}
        for line in output.splitlines():
            if not line.startswith("{"):
                continue
            told = json.loads(line)
            name = self._packages.get(told.get("package_id", ""))
            kinds = told.get("target", {}).get("kind", [])
            if told.get("reason") != "compiler-artifact" or "custom-build" in kinds or name is None:
                continue
            files = [each for each in told["filenames"] if each.endswith((".rlib", ".so"))]
            if files:
                externs[name] = files[0]
        (self.folder / BUILT).write_text(json.dumps(externs))
        return self._dependencies(externs)

    def _dependencies(self, externs: Mapping[str, str]) -> Dependencies:
        release = self._target / "release"
        library = str(release / f"lib{self.crate}.so")
        folders = (str(release / "deps"), str(release))
        return Dependencies(
            self.crate, frozenset(externs), folders, {**externs, self.crate: library}
        )

    def _here(self) -> list[str]:
        return ["--manifest-path", str(self.folder / "Cargo.toml")]
