"""C++: cells that remember, through whichever compiler there is."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.console import CellError
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.cpp.headers import INCLUDE, Headers
from kernel_runner.languages.cpp.messages import explained_link, readable
from kernel_runner.languages.cpp.reference import page_about, word_at
from kernel_runner.languages.cpp.samples import SAMPLES
from kernel_runner.native.cache import Built
from kernel_runner.native.cells import Cell
from kernel_runner.native.native_runner import HOST, NativeRunner
from kernel_runner.native.objects import main_rank, objects_plan
from kernel_runner.plain_build import Plan
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import folder_of
from kernel_runner.session.kept import Kept, run_tool
from kernel_runner.session.session import Session

if TYPE_CHECKING:
    from kernel_runner.export import Project
    from kernel_runner.languages.cpp.cells import CppCells
    from kernel_runner.native.places import Place

KEYWORDS = (
    "alignas alignof and auto bool break case catch char char16_t char32_t char8_t class co_await "
    "co_return co_yield concept const const_cast consteval constexpr constinit continue decltype "
    "default delete do double dynamic_cast else enum explicit export extern false float for "
    "friend goto if inline int long mutable namespace new noexcept not nullptr operator or "
    "private protected public reinterpret_cast requires return short signed sizeof static "
    "static_assert static_cast struct switch template this thread_local throw true try typedef "
    "typeid typename union unsigned using virtual void volatile wchar_t while"
)
HERE = folder_of(__file__)
LIBRARY = HERE / "library"
# No definition is to be shared by chance: what is inline is each cell's own. Not every addr2line
# finds the file of a line in DWARF 5.
CELL_SWITCHES = (
    "-fPIC", "-g1", "-gdwarf-4", "-fvisibility-inlines-hidden", "-isystem", str(INCLUDE),
)  # fmt: skip
QUESTION = re.compile(r"\s*\?\s*([\w:]+)\s*|\s*([\w:]+)\s*\?\s*")
# Functions that the person has not written: the cell's statements, and its initialisers.
OWN = re.compile(r"\bkernel_runner_cell_|^__static_initialization|^_GLOBAL__sub_I|^__cxx_global")
OPENMP = re.compile(r"^\s*#\s*pragma\s+omp\b|#\s*include\s*<omp\.h>", re.MULTILINE)
# What xeus-cling's notebooks ask of cling.
CLING = re.compile(
    r'^\s*#\s*pragma\s+cling\s+(add_include_path|add_library_path|load)\s*\(\s*"([^"]*)"\s*\)',
    re.MULTILINE,
)


class CppRunner(NativeRunner):
    """A cell is loaded into the session; one with a main function is a program of its own."""

    language = Language(
        "cpp",
        "C++",
        suffix=".cpp",
        mimetype="text/x-c++src",
        comment="//",
        codemirror_mode="text/x-c++src",
        pygments_lexer="cpp",
        info_name="c++",
        kernels=("xcpp17", "xcpp20", "xcpp23", "xcpp14", "xcpp11"),
    )
    toolchain = Toolchain((("g++",), ("clang++",), ("c++",)), debian="g++")
    grammar = Grammar(
        "tree_sitter_cpp",
        keywords=tuple(KEYWORDS.split()),
        openers=("{", "(", "[", ":"),
        quotes=('"', "'", ">"),
        spans=("*/",),
        continuation="\\",
        wrap=("void _() {\n", "}"),
    )
    samples = SAMPLES
    compile_arguments = (
        "{flags}", "-x", "c++", "-iquote", "{folder}", "{sources}", "-x", "none",
        "-o", "{program}", "{libraries}",
    )  # fmt: skip
    main_pattern = r"\bmain\b"
    more_suffixes = (".cc", ".cxx", ".c++", ".C", ".c")
    object_arguments = (
        "-shared", "-pipe", "{flags}", "-iquote", "{folder}", "-x", "c++", "{sources}",
        "-x", "none", "-o", "{program}", "-Wl,-z,lazy,-z,norelro", f"-Wl,-T,{HERE / 'cell.ld'}",
        "{libraries}",
    )  # fmt: skip
    host_sources = (HERE / "throw.c",)

    flags = List(Unicode(), ["-std=c++20", "-Wall", "-fdiagnostics-color=always"]).tag(config=True)

    def __init__(self, *args: Any, **traits: Any) -> None:
        super().__init__(*args, **traits)
        self._headers = Headers(self.cache, self.capture_beside)
        self._cling: list[tuple[str, str]] = []

    @cached_property
    def cells(self) -> CppCells:
        """What understands C++ cells."""
        from kernel_runner.languages.cpp.cells import CppCells

        return CppCells()

    async def init_with_loop(self) -> None:
        """Start the session, and have the usual headers precompiled."""
        await super().init_with_loop()
        if self.toolchain.find(self.executable) is not None:
            self.cell_switches(Cell("", 0, ""))

    def plan(self) -> Plan:
        """An object a source, those in C by their own compiler. Raises BatchError, SpawnError."""
        compilers = dict.fromkeys(self.suffixes, self.command())
        compilers[".c"] = self.host_compiler()
        return objects_plan(self, compilers, self.project_sources())

    def main_rank(self, text: str) -> int:
        """How surely a source has the main function."""
        return main_rank(text)

    def host_compiler(self) -> list[str]:
        """The C compiler that belongs to the C++ compiler."""
        program = self.command()[0]
        folder, name = os.path.split(program)
        for cpp, c in (("clang++", "clang"), ("g++", "gcc"), ("c++", "cc")):
            if cpp in name:
                return [os.path.join(folder, name.replace(cpp, c))]
        return [program]

    async def query(self, code_text: str) -> int:
        """Compile the cell and run it; a question about a name is answered with its page."""
        asked = QUESTION.fullmatch(code_text)
        if asked:
            bundle = page_about(asked[1] or asked[2])
            self.payload = [{"source": "page", "data": bundle, "start": 0}]
            return 0
        self.payload = []
        for word, path in CLING.findall(code_text):
            if (word, path) not in self._cling:
                self._cling.append((word, path))
        return await super().query(code_text)

    async def inspect(self, code: str, cursor: int, detail: int) -> dict[str, Any]:
        """Where the standard library's reference has a name, or how a cell has defined it."""
        word = word_at(code, cursor)
        if word.startswith("std::"):
            return page_about(word)
        return await super().inspect(code, cursor, detail)

    def export_session(self, project: Project, folder: Path) -> None:
        """One source, and a makefile."""
        if self.ran:
            from kernel_runner.languages.cpp.exporting import DIALECT
            from kernel_runner.native.composing import add_source

            project.files |= self._exported(add_source(project, DIALECT, self.ran))

    def export_program(self, code: str, folder: Path) -> dict[str, str]:
        """The cell, and a makefile."""
        return self._exported(code.strip("\n") + "\n")

    def _exported(self, text: str) -> dict[str, str]:
        from kernel_runner.native.composing import source_and_makefile

        openmp = ["-fopenmp"] if OPENMP.search(text) else []
        flags, libraries = [*openmp, *self.show_flags()], self.libraries
        plain = [flag for flag in flags if flag not in self.colour_flags]
        return source_and_makefile(text, self.language.suffix, "CXX", "CXXFLAGS", plain, libraries)

    def cell_switches(self, cell: Cell) -> tuple[list[str], list[str]]:
        """The switches, with those that bring the headers of the cells before."""
        flags, libraries = super().cell_switches(cell)
        command, kind = self.command(), self._kind()
        flags = [*CELL_SWITCHES, *flags]
        if kind == "gcc":
            flags.append("-fno-gnu-unique")
        if OPENMP.search(cell.text) or any("omp.h" in each for each in self.cells.includes):
            flags.append("-fopenmp")
        for word, path in self._cling:
            if word == "add_include_path":
                flags.append(f"-I{path}")
            elif word == "add_library_path":
                libraries.append(f"-L{path}")
            else:
                libraries.append(path if "/" in path else f"-l{path.removeprefix('lib')}")
        headers = self._headers.switches(
            command, kind, flags, self.cells.includes, self.spawner.run_directory
        )
        return [*headers, *flags], [str(self._library.folder / "library.so"), *libraries]

    async def _explain(self, error: CellError, options: Mapping[str, Any]) -> CellError | None:
        if error.name == "LinkError" and (demangler := shutil.which("c++filt")) is not None:
            symbol = error.message.rpartition(" ")[2]
            _, text = await run_tool(demangler, symbol)
            plain = error.message.replace(symbol, text)
            error = replace(error, message=explained_link(error.message, plain))
        return await super()._explain(error, options)

    def _traceback(self, places: list[Place]) -> list[str]:
        named = []
        for place in places:
            own = OWN.search(place.function)
            function = "kernel_runner_cell" if own else readable(place.function)
            named.append(replace(place, function=function))
        return super()._traceback(named)

    async def _start(self) -> Session:
        _, session = await asyncio.gather(self._make_library(), super()._start())
        return session

    async def _compile(self, cell: Cell) -> tuple[Cell, Built]:
        await self._make_library()
        return await super()._compile(cell)

    async def _make_library(self) -> None:
        """What cells are linked with is compiled once for a compiler."""

        async def compile_library(folder: Path) -> None:
            words = ["-shared", "-fPIC", "-O2", "-std=c++20", "-isystem", str(INCLUDE)]
            names = [str(source) for source in sorted(LIBRARY.glob("*.cpp"))]
            target = str(folder / "library.so")
            code, log = await run_tool(*self.command(), *words, *names, "-o", target)
            if code:
                raise SpawnError(f"What C++ cells are linked with does not compile here: {log}")

        await self._library.make(compile_library)

    @cached_property
    def _library(self) -> Kept:
        sources = [*LIBRARY.glob("*.cpp"), *INCLUDE.rglob("*.hpp"), HOST / "host.h"]
        return Kept("cpp", self.command()[0], sources)

    def _kind(self) -> str:
        """What kind of compiler it is; empty where headers can't be precompiled."""
        name = os.path.basename(os.path.realpath(self.command()[0]))
        return "clang" if "clang" in name else "gcc" if "g++" in name else ""
