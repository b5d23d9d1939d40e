"""Haskell's plain sources: compiled by GHC, which finds the modules that the main one imports."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kernel_runner.batch import read, source_files
from kernel_runner.language import program_identity
from kernel_runner.plain_build import Plan, Step, build_folder, from_here, is_aside, only_main

if TYPE_CHECKING:
    from kernel_runner.runner import BaseRunner

SUFFIXES = (".hs", ".lhs")
MODULE = re.compile(r"^module\s+([\w.]+)", re.MULTILINE)


def program_plan(runner: BaseRunner) -> Plan | None:
    """One call of GHC; None where there are no sources. Raises BatchError and SpawnError."""
    sources = [runner.main] if runner.main else source_files(runner.cwd, SUFFIXES)
    if not sources:
        return None
    main = only_main(runner, sources)
    folder = build_folder(runner)
    place = os.path.dirname(main)
    found = source_files(os.path.join(runner.cwd, place if runner.main else ""), SUFFIXES)
    others = [os.path.join(place, name) if runner.main else name for name in found]
    modules = [name for name in others if name != main and (is_aside(main) or not is_aside(name))]
    program = folder / Path(main).stem if runner.main else Path(runner.cwd, "main")
    scratch = runner.spawner.run_directory / "objects" if runner.main else folder / "objects"
    roots = sorted({place or ".", *(module_root(runner, name) for name in modules)})
    switches = ["--make", "-O", f"-i{':'.join(roots)}", main]
    ghc, *options = runner.command()
    key = [program_identity(ghc), *options, *switches]
    argv = [ghc, *options, *switches, "-outputdir", str(scratch), "-o", str(program)]
    inputs = [main, *modules]
    step = Step(str(program), argv, key, inputs, scratch=str(scratch))
    return Plan([[step]], [from_here(runner, program)])


def module_root(runner: BaseRunner, source: str) -> str:
    """The folder that a module's name begins in."""
    module = MODULE.search(read(Path(runner.cwd, source)))
    parts = source.split("/")[:-1]
    names = module[1].split(".")[:-1] if module else []
    if names and parts[-len(names) :] == names:
        parts = parts[: -len(names)]
    return "/".join(parts) or ("/" if source.startswith("/") else ".")
