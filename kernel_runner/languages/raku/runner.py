"""Raku: a session in one Rakudo."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.raku.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "Array Bag Bool CATCH Complex Date DateTime Hash Int List Map Match Num Pair Promise Rat Regex "
    "Seq Set Str Supply actor also anon any augment but bytes chars class comb constant contains "
    "default die does elems else elsif emit end enum even first flat for gather given grammar grep "
    "has if import is join keys last lazy lc lines loop map max method min module multi my next "
    "note open our package pairs parse pop prompt proto push put react redo reduce regex repeat "
    "require return reverse role rule say shift slurp sort split spurt start state sub submethod "
    "subset sum supply take token trim try uc unit unless until use values when whenever while "
    "with without words"
)


class RakuRunner(SessionRunner):
    """Cells are evaluated one within the other's scope, as in Raku's REPL."""

    language = Language(
        "raku",
        "Raku",
        suffix=".raku",
        mimetype="text/x-raku",
        comment="#",
        codemirror_mode="perl",
        pygments_lexer="raku",
        kernels=("raku", "perl6"),
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain((("raku",), ("rakudo",)), debian="rakudo")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), letters="-", spans=("]", "}", ")"))
    samples = SAMPLES
    main_names = ("main.raku",)
    more_suffixes = (".rakumod", ".p6")
    assists = ""

    def agent(self) -> list[str]:
        """The agent is a script of Raku's own."""
        # As MoarVM's second compiler makes it, a short loop never lets another thread collect
        # garbage, and all threads then wait for its end, the one that hears of interrupts too.
        variables = ["MVM_JIT_EXPR_DISABLE=1"]
        return ["env", *variables, *self.command(), str(folder_of(__file__) / "agent.raku")]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session; programs that it starts are to be there, too."""
        return f"chdir({quoted(path)}); &*chdir({quoted(path)});"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"%*ENV{{{quoted(name)}}} = {quoted(value)};"


def quoted(text: str) -> str:
    """A string in which nothing is interpolated."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
