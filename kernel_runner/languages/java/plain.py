"""Java's plain sources: compiled by javac beside the java that runs them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kernel_runner.batch import read, source_files
from kernel_runner.build_systems import JAVA_PACKAGE
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
    from kernel_runner.languages.java.runner import JavaRunner

SCRIPT = re.compile(r"\A#!")
TYPE = r"\b(?:class|record|enum|interface)"
LIBRARIES = "lib"  # where a project without a build script has its jars


def classes_plan(runner: JavaRunner) -> Plan | None:
    """Compile all the sources; None where there are none, or no compiler.

    Raises BatchError and SpawnError.
    """
    java, *options = runner.command()
    javac = Path(java).resolve().with_name("javac")
    sources = [runner.main] if runner.main else source_files(runner.cwd, (".java",))
    if not sources or not javac.exists():
        return None
    main = only_main(runner, sources)
    text = read(Path(runner.cwd, main))
    name = os.path.basename(main).removesuffix(".java")
    # java itself runs a file that is called after another class than it has.
    if SCRIPT.search(text) or (
        runner.main and not re.search(rf"{TYPE}\s+{re.escape(name)}\b", text)
    ):
        return None
    package = JAVA_PACKAGE.search(text)
    root = source_root(main, package[1] if package else "")
    classes = build_folder(runner) / "classes"
    jars = [f"{LIBRARIES}/*"] if Path(runner.cwd, LIBRARIES).is_dir() else []
    own = [runner.env["CLASSPATH"]] if runner.env.get("CLASSPATH") else []
    # -sourcepath finds the other classes of a single file's program, as javac by itself does.
    switches = ["-encoding", "UTF-8", "-sourcepath", root, "-cp", os.pathsep.join([*jars, *own])]
    compiled = with_tests_aside(main, sources)
    argv = [str(javac), *switches, "-d", str(classes), *compiled]
    key = [program_identity(str(javac)), *switches, *compiled]
    inputs = [*compiled, *beside(runner, root, compiled)]
    path = os.pathsep.join([from_here(runner, classes), root, *jars, *own])
    class_ = f"{package[1]}.{name}" if package else name
    run = [java, *options, *runner.temporary(), "-cp", path, class_]
    return Plan([[Step(str(classes), argv, key, inputs)]], run)


def source_root(main: str, package: str) -> str:
    """The folder that packages begin in, as a source and its package tell."""
    parts = main.split("/")[:-1]
    names = package.split(".") if package else []
    if names and parts[-len(names) :] == names:
        parts = parts[: -len(names)]
    return "/".join(parts) or ("/" if main.startswith("/") else ".")


def beside(runner: JavaRunner, root: str, sources: Sequence[str]) -> list[str]:
    """What the compiler may find beside a single file."""
    if not runner.main:
        return []
    found = source_files(os.path.join(runner.cwd, root), (".java",))
    paths = (os.path.normpath(os.path.join(root, name)) for name in found)
    return [path for path in paths if path not in {os.path.normpath(each) for each in sources}]
