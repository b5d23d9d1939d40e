"""AWK: each cell is a script for GNU awk."""

from __future__ import annotations

import os

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.awk.samples import SAMPLES
from kernel_runner.script_runner import ScriptRunner

KEYWORDS = (
    "ARGC ARGIND ARGV BEGIN BEGINFILE CONVFMT END ENDFILE ENVIRON ERRNO FIELDWIDTHS FILENAME FNR "
    "FPAT FS IGNORECASE NF NR OFMT OFS ORS PROCINFO RLENGTH RS RSTART RT SUBSEP TEXTDOMAIN and "
    "asort asorti atan2 break case close compl continue cos default delete do else exit exp fflush "
    "for func function gensub getline gsub if in index int isarray length log lshift match mktime "
    "next nextfile or patsplit print printf rand return rshift sin split sprintf sqrt srand "
    "strftime strtonum sub substr switch system systime tolower toupper typeof while xor"
)
LIBRARY = ".:/usr/share/awk"  # where gawk looks when nobody says where


class AwkRunner(ScriptRunner):
    """A cell is a script; where it reads lines, they are asked for."""

    language = Language(
        "awk",
        "AWK",
        suffix=".awk",
        mimetype="text/x-awk",
        comment="#",
        codemirror_mode="perl",  # CodeMirror has no AWK; Perl has its statements and fields
        pygments_lexer="awk",
        excluded=frozenset({"!"}),  # a pattern may begin with it
    )
    toolchain = Toolchain((("gawk",),), debian="gawk")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    main_names = ("main.awk",)
    script_options = ("-f",)
    script_end = ("--",)

    def write_script(self, code: str) -> str:
        """Put a cell where gawk looks for scripts: messages call it by its name alone."""
        super().write_script(code)
        there = self.env.get("AWKPATH") or LIBRARY
        folder = str(self.spawner.run_directory)
        if folder not in there.split(os.pathsep):
            self.env["AWKPATH"] = f"{folder}{os.pathsep}{there}"
        return self.cell_name
