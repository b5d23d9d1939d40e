"""Kotlin's plain sources: compiled by kotlinc beside the kotlin that runs scripts."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kernel_runner.batch import read, source_files
from kernel_runner.language import program_identity
from kernel_runner.plain_build import (
    Plan,
    Step,
    build_folder,
    from_here,
    only_main,
    with_tests_aside,
)

if TYPE_CHECKING:
    from kernel_runner.languages.kotlin.runner import KotlinRunner

PACKAGE = re.compile(r"^\s*package\s+([\w.]+)", re.MULTILINE)
NAME = re.compile(r"""^@file:JvmName\("(\w+)"\)""", re.MULTILINE)
LIBRARIES = "lib"  # where a project without a build script has its jars


def classes_plan(runner: KotlinRunner) -> Plan | None:
    """Compile all the sources; None where there are none, as for a script, or no compiler.

    Raises BatchError and SpawnError.
    """
    kotlinc = Path(runner.command()[0]).resolve().with_name("kotlinc")
    sources = [runner.main] if runner.main else source_files(runner.cwd, (".kt",))
    if not sources or runner.main.endswith(".kts") or not kotlinc.exists():
        return None
    main = only_main(runner, sources)
    compiled = with_tests_aside(main, sources)
    folder = Path(runner.cwd, LIBRARIES)
    jars = sorted(f"{LIBRARIES}/{jar.name}" for jar in folder.glob("*.jar"))
    own = [runner.env["CLASSPATH"]] if runner.env.get("CLASSPATH") else []
    path = os.pathsep.join([*jars, *own])
    switches = ["-cp", path] if path else []
    classes = build_folder(runner) / "classes"
    argv = [str(kotlinc), *switches, "-d", str(classes), *compiled]
    key = [program_identity(str(kotlinc)), *switches, *compiled]
    standard = [
        jar for jar in runner.libraries() if os.path.basename(jar).startswith("kotlin-stdlib")
    ]
    runtime = os.pathsep.join([from_here(runner, classes), *jars, *own, *standard])
    class_ = main_class(main, read(Path(runner.cwd, main)))
    run = [*runner.java(), *runner.temporary(), "-cp", runtime, class_]
    return Plan([[Step(str(classes), argv, key, compiled)]], run)


def main_class(file: str, text: str) -> str:
    """The class that a source's functions become methods of."""
    package, given = PACKAGE.search(text), NAME.search(text)
    stem = re.sub(r"\W", "_", os.path.basename(file).removesuffix(".kt"))
    stem = f"_{stem}" if stem[:1].isdigit() else stem
    name = given[1] if given else f"{stem[:1].upper()}{stem[1:]}Kt"
    return f"{package[1]}.{name}" if package else name
