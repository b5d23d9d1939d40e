"""Nim: each cell is a whole program."""

from __future__ import annotations

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.nim.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner

KEYWORDS = (
    "addr and as asm bind block break case cast concept const continue converter defer discard "
    "distinct div do elif else end enum except export finally for from func if import in include "
    "interface is isnot iterator let macro method mixin mod nil not notin object of or out proc "
    "ptr raise ref return shl shr static template try tuple type using var when while xor yield"
)


class NimRunner(ProgramRunner):
    """A cell's statements are a program as they stand."""

    language = Language(
        "nim",
        "Nim",
        suffix=".nim",
        mimetype="text/x-nim",
        comment="#",
        codemirror_mode="python",  # CodeMirror has no Nim; Python has most of its words
        pygments_lexer="nim",
    )
    toolchain = Toolchain((("nim",),), debian="nim gcc libc6-dev")
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()),
        openers=("(", "[", "{", ":", "="),
        indent=2,
        spans=('"""',),
    )
    samples = SAMPLES
    # A file's name has to be a module's.
    source_name = "In{count}.nim"
    compile_arguments = (
        "c", "--verbosity:0", "--hints:off", "{flags}", "--path:{folder}", "--nimcache:{scratch}",
        "-o:{program}", "{sources}",
    )  # fmt: skip
    colour_flags = ("--colors:on",)
    included_suffixes = (".nims", ".cfg")
    main_pattern = r"(?m)^\s*when\s+isMainModule\b"
    finds_sources = True

    flags = List(Unicode(), ["--colors:on"]).tag(config=True)
