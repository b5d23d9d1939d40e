"""C: whole programs, through whichever compiler there is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.compiled_runner import CompiledRunner
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.c.samples import SAMPLES
from kernel_runner.native.cache import Built

KEYWORDS = (
    "auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register restrict return short signed sizeof static struct switch typedef "
    "union unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Complex _Generic "
    "_Noreturn _Static_assert _Thread_local"
)
# jupyter-c-kernel's way of giving switches, at the beginning of a cell.
SWITCHES = re.compile(r"^//%(cflags|ldflags|args):(.*)$", re.MULTILINE)


class CRunner(CompiledRunner):
    """Each cell is a program with a main function."""

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
    )
    samples = SAMPLES
    compile_arguments = (
        "{flags}", "-x", "c", "-iquote", "{folder}", "{sources}", "-x", "none", "-o", "{program}",
        "{libraries}",
    )  # fmt: skip

    flags = List(Unicode(), ["-Wall", "-fdiagnostics-color=always"]).tag(config=True)
    libraries = List(Unicode(), ["-lm"]).tag(config=True)

    async def compile_cell(
        self, code: str, flags: Sequence[str], libraries: Sequence[str]
    ) -> Built:
        """Compile with the switches that the cell itself gives as well."""
        given: dict[str, list[str]] = {"cflags": [], "ldflags": [], "args": []}
        for name, words in SWITCHES.findall(code):
            given[name] += shlex.split(words)
        self.arguments = given["args"]
        more_flags = [*flags, *given["cflags"]]
        return await super().compile_cell(code, more_flags, [*libraries, *given["ldflags"]])
