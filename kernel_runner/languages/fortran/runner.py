"""Fortran: each cell is a whole program, through gfortran."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.batch import BatchError, read
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.fortran.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner

KEYWORDS = (
    "allocatable allocate associate block call case character class complex contains continue "
    "cycle deallocate dimension do elemental else elseif end enddo endif exit function if implicit "
    "import inquire integer intent interface intrinsic logical module namelist none only open "
    "optional parameter pointer print private procedure program public pure read real recursive "
    "result return save select stop subroutine target then type use where while write"
)
MODULE = re.compile(r"^\s*module\s+(?!procedure\b|subroutine\b|function\b)(\w+)", re.I | re.M)
USE = re.compile(r"^\s*use\b(?:[ \t,\w]*::)?[ \t]*(\w+)", re.I | re.M)


class FortranRunner(ProgramRunner):
    """A cell without a program statement is put into one."""

    language = Language(
        "fortran",
        "Fortran",
        suffix=".f90",
        mimetype="text/x-fortran",
        comment="!",
        codemirror_mode="fortran",
        pygments_lexer="fortran",
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain((("gfortran",),), debian="gfortran libc6-dev")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), openers=("(", "[", "&"))
    samples = SAMPLES
    program_pattern = r"(?im)^\s*program\s+\w+|^\s*end\s+program\b"
    main_pattern = program_pattern
    more_suffixes = (".f95", ".f03", ".f08")
    included_suffixes = (".inc", ".fi", ".h")
    program_around = ('program cell\n# 1 "{cell}"\n', "\nend program")
    compile_arguments = (
        "-ffree-form", "-g", "{flags}", "-J", "{scratch}", "-I{folder}", "-x", "f95",
        "{sources}", "-x", "none", "-o", "{program}", "{libraries}",
    )  # fmt: skip

    # gfortran takes allocatable arrays for uninitialized.
    flags = List(
        Unicode(),
        [
            "-Wall",
            "-Wno-maybe-uninitialized",
            "-fcheck=all",
            "-fimplicit-none",
            "-fdiagnostics-color=always",
        ],
    ).tag(config=True)

    def project_sources(self) -> list[str]:
        """Those that define modules before those that use them. Raises BatchError."""
        texts = {name: read(Path(self.cwd, name)) for name in super().project_sources()}
        homes = {
            module.lower(): name for name, text in texts.items() for module in MODULE.findall(text)
        }
        order: TopologicalSorter[str] = TopologicalSorter()
        for name, text in texts.items():
            needed = {homes.get(module.lower(), name) for module in USE.findall(text)}
            order.add(name, *sorted(needed - {name}))
        try:
            return list(order.static_order())
        except CycleError as error:
            circle = " and ".join(error.args[1][1:])
            raise BatchError(f"Nothing to build: the modules of {circle} use each other.") from None
