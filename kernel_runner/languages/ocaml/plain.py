"""OCaml's plain sources: compiled to native code, unless they speak to the toplevel."""

from __future__ import annotations

import os
import re
import shutil
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
from kernel_runner.runner import folder_of

if TYPE_CHECKING:
    from kernel_runner.runner import BaseRunner

SCRIPT = folder_of(__file__) / "compile.sh"
TOPLEVEL = re.compile(r"^#", re.MULTILINE)  # a directive of the toplevel's, or an interpreter's


def program_plan(runner: BaseRunner) -> Plan | None:
    """Compile all modules; None where there are none, or they are for the toplevel.

    Raises BatchError.
    """
    sources = [runner.main] if runner.main else source_files(runner.cwd, (".ml",))
    compiler = shutil.which("ocamlopt", path=runner.env.get("PATH"))
    if not sources or compiler is None:
        return None
    main = only_main(runner, sources)
    if TOPLEVEL.search(read(Path(runner.cwd, main))):
        return None
    folder = build_folder(runner)
    program = folder / Path(main).stem if runner.main else Path(runner.cwd, "main")
    scratch = runner.spawner.run_directory / "objects" if runner.main else folder / "objects"
    modules = with_tests_aside(main, sources)
    interfaces = [f"{name}i" for name in modules if os.path.exists(Path(runner.cwd, f"{name}i"))]
    inputs = [*modules, *interfaces]
    argv = ["/bin/sh", str(SCRIPT), str(scratch), str(program), *inputs]
    key = [program_identity(compiler), SCRIPT.read_text(), *inputs]
    step = Step(str(program), argv, key, inputs, scratch=str(scratch))
    return Plan([[step]], [from_here(runner, program)])
