"""Standard ML: each cell is a script for Poly/ML."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.sml.samples import SAMPLES
from kernel_runner.script_runner import ScriptRunner

KEYWORDS = (
    "abstype and andalso as before bool case char concat datatype div do else end eqtype exception "
    "exn explode false fn foldl foldr fun functor handle hd if ignore implode in include infix "
    "infixr int length let list local map mod nil nonfix not null o of op open option orelse print "
    "raise real rec ref rev sharing sig signature size str string struct structure substring then "
    "tl true type unit use val vector where while with withtype word"
)


class SmlRunner(ScriptRunner):
    """Poly/ML compiles a script declaration by declaration, and runs each at once."""

    language = Language(
        "sml",
        "Standard ML (Poly/ML)",
        suffix=".sml",
        mimetype="text/x-sml",
        comment="(*",
        codemirror_mode="text/x-sml",
        pygments_lexer="sml",
        excluded=frozenset({"!"}),  # what a reference refers to
    )
    toolchain = Toolchain((("poly",),), debian="polyml", version=("-v",))
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), letters="'", indent=2, spans=("*)",))
    samples = SAMPLES
    source_name = "{cell}.sml"
    main_names = ("main.sml",)
    script_options = ("--script",)
