"""Perl: a session in one interpreter."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.perl.samples import SAMPLES
from kernel_runner.packages import Packages
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "and bless chomp close defined delete die each else elsif eval exists for foreach grep if join "
    "keys last local map my next no not open or our package pop print printf push redo ref require "
    "return reverse say scalar shift sort splice split sprintf state sub substr undef unless "
    "unshift until use values wantarray warn while"
)


class PerlRunner(SessionRunner):
    """Cells are evaluated, one after the other, by one perl."""

    language = Language(
        "perl",
        "Perl",
        suffix=".pl",
        mimetype="text/x-perl",
        comment="#",
        codemirror_mode="perl",
        pygments_lexer="perl",
        kernels=("iperl",),
        excluded=frozenset({"!"}),  # !@list is Perl
    )
    toolchain = Toolchain(
        (("perl",),), debian="perl", version=("-v",), pattern=r"(?<=v)\d+(?:\.\d+)+"
    )
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    main_names = ("main.pl", "run.pl", "app.pl")
    packages = Packages(
        "cpan",
        ("--local-lib", "{place}", "--notest"),
        variables={"PERL5LIB": "{place}/lib/perl5"},
        loading="use lib '{place}/lib/perl5';",  # again, for directories that are new in it
        tool=Toolchain((("cpanm",),), debian="cpanminus"),
    )
    reopens = True
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a script of Perl's own."""
        return [*self.command(), str(folder_of(__file__) / "agent.pl")]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"chdir {quoted(path)};"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"$ENV{{{quoted(name)}}} = {quoted(value)};"


def quoted(text: str) -> str:
    """A Perl string literal in which nothing is interpolated."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
