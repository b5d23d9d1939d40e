"""COBOL: each cell is a whole program, through GnuCOBOL, in free format."""

from __future__ import annotations

from traitlets import List, Unicode

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.cobol.samples import SAMPLES
from kernel_runner.program_runner import ProgramRunner

KEYWORDS = (
    "accept add address advancing after all also alternate and ascending assign at before binary "
    "blank by call class close comp compute configuration content continue control copy count "
    "data decimal-point delete delimited depending descending display divide division else end "
    "end-call end-compute end-evaluate end-if end-perform end-read end-search end-string "
    "end-unstring environment error evaluate exception exit external fd file file-control filler "
    "from function giving global go goback greater identification if in index indexed initialize "
    "input input-output inspect into is key leading length less line linkage local-storage merge "
    "mode move multiply next not number numeric occurs of on open or organization output packed "
    "perform pic picture pointer procedure program program-id read record redefines reference "
    "release remainder repository return return-code returning rewrite right rounded run search "
    "section select sequential set size sort space spaces start stop string subtract tallying "
    "than then through thru times to trailing unstring until usage using value values varying "
    "when with working-storage write zero zeros"
)


class CobolRunner(ProgramRunner):
    """A cell without a program-id becomes the procedure division of a program."""

    language = Language(
        "cobol",
        "COBOL",
        suffix=".cob",
        mimetype="text/x-cobol",
        comment="*>",
        codemirror_mode="cobol",
        pygments_lexer="cobolfree",
    )
    toolchain = Toolchain((("cobc",),), debian="gnucobol3 gcc libc6-dev")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), letters="-", openers=())
    samples = SAMPLES
    source_name = "{cell}.cob"
    program_pattern = r"(?i)\bprogram-id\b"
    main_pattern = r"(?i)\bstop\s+run\b"  # where subprograms go back
    program_around = (
        "identification division. program-id. cell. procedure division. ",
        "\ncontinue. stop run.",
    )
    more_suffixes = (".cbl",)
    compile_arguments = (
        "-x", "-free", "{flags}", "-I{folder}", "-o", "{program}", "{sources}", "{libraries}",
    )  # fmt: skip
    colour_flags = ()

    # Subscripts, and data that is no number, are looked at while the program runs.
    flags = List(Unicode(), ["-debug", "-Wall"]).tag(config=True)
