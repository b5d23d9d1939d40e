"""Zig: each cell is a whole program."""

from __future__ import annotations

import re

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.zig.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner

KEYWORDS = (
    "addrspace align allowzero and anyerror anyframe anyopaque anytype asm bool break callconv "
    "catch comptime comptime_float comptime_int const continue defer else enum errdefer error "
    "export extern false fn for if inline isize linksection noalias noinline noreturn nosuspend "
    "null opaque or orelse packed pub resume return struct suspend switch test threadlocal true "
    "try type undefined union unreachable usize var void volatile while"
)
IMPORT = 'const std = @import("std"); '


class ZigRunner(ProgramRunner):
    """Statements without a main function become one that sees std."""

    language = Language(
        "zig",
        "Zig",
        suffix=".zig",
        mimetype="text/x-zig",
        comment="//",
        codemirror_mode="rust",  # CodeMirror has no Zig; Rust has most of its words
        pygments_lexer="zig",
    )
    toolchain = Toolchain(
        (("zig",),), pypi="ziglang", wheel=("ziglang", "zig"), version=("version",)
    )
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    source_name = "{cell}.zig"
    program_pattern = r"\bfn\s+main\s*\("
    program_around = (f"{IMPORT}pub fn main() !void {{ ", "\n}")
    compile_arguments = (
        "build-exe", "{flags}", "--cache-dir", "{scratch}", "{sources}", "{libraries}",
        "-femit-bin={program}",
    )  # fmt: skip
    colour_flags = ("--color", "on")
    finds_sources = True

    flags = List(Unicode(), ["--color", "on"]).tag(config=True)

    def whole_program(self, code: str) -> str:
        """The cell as a program; Zig lets no name hide another, so std is imported only once."""
        whole = super().whole_program(code)
        if re.search(r"\bconst\s+std\b", code):
            return whole.removeprefix(IMPORT)
        return whole
