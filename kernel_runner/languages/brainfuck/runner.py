"""Brainfuck: each cell is a program, which is translated to C."""

from __future__ import annotations

import sys

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.brainfuck.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner
from kernel_runner.runner import folder_of

TRANSLATOR = folder_of(__file__) / "translator.py"


class BrainfuckRunner(ProgramRunner):
    """The tape has bytes and grows to the right; the end of the input is read as zero."""

    language = Language(
        "brainfuck",
        "Brainfuck",
        suffix=".bf",
        mimetype="text/x-brainfuck",
        comment="",
        codemirror_mode="brainfuck",
        pygments_lexer="brainfuck",
    )
    toolchain = Toolchain(
        (("gcc",), ("clang",), ("cc",), ("zig", "cc")),
        debian="gcc libc6-dev",
        pypi="ziglang",
        wheel=("ziglang", "zig", "cc"),
    )
    grammar = Grammar(openers=("[",), quotes=())
    samples = SAMPLES
    more_suffixes = (".b",)
    finds_sources = True  # it takes one, and no others
    main_names = ("main.bf", "main.b")
    compile_arguments = ("--", "{sources}", "{program}", "{flags}", "{libraries}")

    flags = List(Unicode(), ["-O1", "-w"]).tag(config=True)

    def command(self) -> list[str]:
        """The translator, which calls the C compiler."""
        return [sys.executable, "-I", str(TRANSLATOR), *super().command()]
