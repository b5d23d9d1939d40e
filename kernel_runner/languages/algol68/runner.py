"""Algol 68: each cell is a program for Algol 68 Genie."""

from __future__ import annotations

import re
from pathlib import Path

from traitlets import Float

from kernel_runner.assist.syntax import Grammar
from kernel_runner.compiled_runner import BUILD_FAILED, CompileError
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.algol68.samples import SAMPLES
from kernel_runner.script_runner import ScriptRunner

KEYWORDS = (
    "ABS AND ANDF ANDTH ARG AT BEGIN BIN BITS BOOL BY BYTES CASE CHANNEL CHAR COMPL COMPLEX "
    "CONJ CO COMMENT DIV DO DOWNTO ELEM ELIF ELSE ELSF EMPTY END ENTIER ESAC EXIT FALSE FI FILE "
    "FLEX FOR FORMAT FROM GO GOTO HEAP IF IM IN INT IS ISNT LENG LOC LONG LWB MOD MODE NIL NOT "
    "OD ODD OF OP OR ORF OREL OUSE OUT OVER PAR PR PRAGMAT PRIO PROC RE REAL REF REPR ROUND "
    "SEMA SHL SHORT SHORTEN SHR SIGN SKIP SOUND STRING STRUCT THEN THEF TO TRUE UNION UNTIL UPB "
    "VOID WHILE XOR blank fixed float get newline newpage pi print printf put putf random read "
    "readf space sqrt stand error in stop whole write writef"
)
# A line of the source with its number, and below it where the numbered messages point to.
PLACE = re.compile(rb"^(\d+ .*\n)( *\d[\d ]*)$", re.MULTILINE)
SEED = ".Random.seed"  # which Genie leaves where it runs


class Algol68Runner(ScriptRunner):
    """A cell is a program, which is checked before it runs: Genie says what is wrong on stdout."""

    language = Language(
        "algol68",
        "Algol 68",
        suffix=".a68",
        mimetype="text/x-algol68",
        comment="#",
        codemirror_mode="pascal",  # CodeMirror has no Algol 68; Pascal has most of its words
    )
    toolchain = Toolchain((("a68g",),), debian="algol68g")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), indent=2)
    samples = SAMPLES
    main_names = ("main.a68",)
    script_options = ("--nowarnings", "--script")

    # At an interrupt Genie would ask whether to end, again and again where nobody answers.
    interrupt_grace = Float(0.0, help=ScriptRunner.interrupt_grace.help).tag(config=True)

    async def query(self, code_text: str) -> int:
        """Check the cell, and run it."""
        script = self.write_script(code_text)
        exit, log = await self.capture([*self.command(), "--check", script], self.cwd)
        place = f"{self.cell_name}:".encode()
        told = PLACE.sub(rb"%s\1%s\2" % (place, b" " * len(place)), log)
        if exit.code:
            self.syntax.remember(code_text)
            self.console.error(CompileError(told).as_cell_error())
            return BUILD_FAILED
        if told:
            self.console.stream("stderr", told)
        return await super().query(code_text)

    async def run_file(self, script: str) -> int:
        """Run a script with the arguments; its exit code. No seed is left that was not there."""
        seed = Path(self.cwd, SEED)
        was_there = seed.exists()
        try:
            return await super().run_file(script)
        finally:
            if not was_there:
                seed.unlink(missing_ok=True)
