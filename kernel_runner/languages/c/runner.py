"""C: cells that remember, and whole programs, through whichever compiler there is."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.c.samples import SAMPLES
from kernel_runner.native.cache import Built
from kernel_runner.native.native_runner import HOST, NativeRunner
from kernel_runner.native.objects import main_rank, objects_plan
from kernel_runner.plain_build import Plan
from kernel_runner.runner import folder_of

if TYPE_CHECKING:
    from kernel_runner.export import Project
    from kernel_runner.languages.c.cells import CCells
    from kernel_runner.native.cells import Cell

KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register restrict return short signed sizeof static struct switch typedef "
    "union unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Complex _Generic "
    "_Noreturn _Static_assert _Thread_local"
)
# jupyter-c-kernel's way of giving switches, at the beginning of a cell.
SWITCHES = re.compile(r"^//%(cflags|ldflags|args):(.*)$", re.MULTILINE)
GCC = re.compile(r"(?:.*-)?gcc(?:-[\d.]+)?\Z")
MATH = re.compile(r"^\s*#\s*include\s*<(?:math|tgmath|complex|fenv)\.h>", re.MULTILINE)
OPENMP = re.compile(r"^\s*#\s*(?:pragma\s+omp|include\s*<omp\.h>)", re.MULTILINE)

HERE = folder_of(__file__)
# Symbols are bound late, since a cell may call what a later one defines. addr2line confuses the
# files of DWARF 5. Nothing that a program begins and ends with is needed here, and the linker is
# quicker without.
CELL_SWITCHES = (
    "-O1", "-g", "-gdwarf-4", "-shared", "-fPIC", "-pipe", "-nostartfiles", "-Wl,-z,lazy",
    "-Wl,--build-id=none", "-Werror=implicit-function-declaration",
)  # fmt: skip
# What only the splitting makes look odd is not warned about.
QUIET_SWITCHES = ("-Wno-unused-variable", "-Wno-unused-but-set-variable", "-Wno-unused-value")
# What a loop has stored is in memory, should it be interrupted; only GCC would keep it back.
FOR_GCC = ("-fno-move-loop-stores",)
FOR_CLANG = ("-Qunused-arguments",)  # -nostartfiles, to Zig


class CRunner(NativeRunner):
    """A cell is loaded into the session; one with a main function is a program of its own."""

    language = Language(
        "c",
        "C",
        suffix=".c",
        mimetype="text/x-csrc",
        comment="//",
        codemirror_mode="text/x-csrc",
        pygments_lexer="c",
        kernels=("xc17", "xc11"),
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain(
        (("gcc",), ("clang",), ("cc",), ("zig", "cc")),
        debian="gcc libc6-dev",
        pypi="ziglang",
        wheel=("ziglang", "zig", "cc"),
    )
    grammar = Grammar(
        "tree_sitter_c",
        keywords=tuple(KEYWORDS.split()),
        openers=("{", "(", "[", ":"),
        quotes=('"', "'", ">"),
        spans=("*/",),
        continuation="\\",
        wrap=("{", "\n;}"),
    )
    samples = SAMPLES
    compile_arguments = (
        "{flags}", "-x", "c", "-iquote", "{folder}", "{sources}", "-x", "none", "-o", "{program}",
        "{libraries}",
    )  # fmt: skip
    main_pattern = r"\bmain\b"
    object_arguments = (
        *CELL_SWITCHES, "{flags}", *QUIET_SWITCHES, "-I", str(HERE / "cell"), "-I", str(HOST),
        "-iquote", "{folder}", "-x", "c", "{sources}", "-x", "none", "-o", "{program}",
        "{libraries}",
    )  # fmt: skip
    host_sources = (HERE / "host_values.c",)

    flags = List(Unicode(), ["-Wall", "-fdiagnostics-color=always"]).tag(config=True)
    libraries = List(Unicode(), ["-lm"]).tag(config=True)

    @cached_property
    def cells(self) -> CCells:
        """What understands C cells."""
        from kernel_runner.languages.c.cells import CCells

        return CCells()

    async def compile_cell(
        self, code: str, flags: Sequence[str], libraries: Sequence[str]
    ) -> Built:
        """Compile a program with the switches that the cell itself gives as well."""
        self.arguments = switches_in(code)["args"]
        return await super().compile_cell(code, *self._switches_for(code, code))

    def export_session(self, project: Project, folder: Path) -> None:
        """One source, and a makefile."""
        if self.ran:
            from kernel_runner.languages.c.exporting import DIALECT
            from kernel_runner.native.composing import add_source

            project.files |= self._exported(add_source(project, DIALECT, self.ran))

    def export_program(self, code: str, folder: Path) -> dict[str, str]:
        """The cell, and a makefile."""
        return self._exported(code.strip("\n") + "\n")

    def _exported(self, text: str) -> dict[str, str]:
        from kernel_runner.native.composing import source_and_makefile

        flags, libraries = self._switches_for(text, text)
        plain = [flag for flag in flags if flag not in self.colour_flags]
        return source_and_makefile(text, self.language.suffix, "CC", "CFLAGS", plain, libraries)

    def plan(self) -> Plan:
        """An object a source. Raises BatchError and SpawnError."""
        return objects_plan(self, {".c": self.command()}, self.project_sources())

    def main_rank(self, text: str) -> int:
        """How surely a source has the main function."""
        return main_rank(text)

    def cell_switches(self, cell: Cell) -> tuple[list[str], list[str]]:
        """The switches for a cell that is loaded."""
        flags, libraries = self._switches_for(cell.text, cell.source)
        if "-lm" in libraries and not MATH.search(cell.source):
            libraries.remove("-lm")  # looking for it is a tenth of a small cell's time
        own = FOR_GCC if GCC.match(self._compiler_name()) else FOR_CLANG
        return [*own, *flags], libraries

    def host_libraries(self) -> list[str]:
        """Zig wants its unwinder named."""
        more = ["-lunwind"] if self._compiler_name().startswith("zig") else []
        return [*super().host_libraries(), *more]

    def _compiler_name(self) -> str:
        return os.path.basename(os.path.realpath(self.command()[0]))

    def _switches_for(self, text: str, source: str) -> tuple[list[str], list[str]]:
        """The compiler's and the linker's, with those that the text gives and the source needs."""
        given = switches_in(text)
        openmp = ["-fopenmp"] if OPENMP.search(source) else []
        flags = [*openmp, *self.show_flags(), *given["cflags"]]
        return flags, [*self.libraries, *given["ldflags"]]


def switches_in(code: str) -> dict[str, list[str]]:
    """What a cell says of switches."""
    given: dict[str, list[str]] = {"cflags": [], "ldflags": [], "args": []}
    for name, words in SWITCHES.findall(code):
        given[name] += shlex.split(words)
    return given
