"""Prolog: a session in SWI-Prolog."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.prolog.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "append assertion assertz atom atom_codes atom_length atomic_list_concat between call catch "
    "consult copy_term discontiguous dynamic fail findall forall format functor halt is length "
    "listing maplist member module nb_getval nb_setval nl nonvar not number once print read "
    "read_term repeat retract retractall reverse setof sort sub_atom sumlist throw true "
    "use_module var write writeln"
)
# A recursion that never ends would otherwise first fill a gigabyte; a program that needs more sets
# the flag stack_limit.
OPTIONS = ("-q", "-f", "none", "--stack-limit=256m")


class PrologRunner(SessionRunner):
    """Cells are consulted by one SWI-Prolog; queries show their solutions."""

    language = Language(
        "prolog",
        "Prolog (SWI)",
        suffix=".pl",
        mimetype="text/x-prolog",
        comment="%",
        codemirror_mode="erlang",  # CodeMirror has no Prolog; Erlang took its syntax from it
        pygments_lexer="prolog",
        kernels=("prolog_kernel",),
        # A line that begins with % is a comment, and ! a cut.
        excluded=frozenset(
            {"!", "%%file", "%clean", "%build", "%exec", "%run", "%output", "%flags"}
        ),
    )
    toolchain = Toolchain((("swipl",),), debian="swi-prolog-nox")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    main_names = ("main.pl", "run.pl")
    main_pattern = r"(?m)^\s*:-\s*initialization\(\s*main\b"
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a script of Prolog's own."""
        agent = str(folder_of(__file__) / "agent.pl")
        return [*self.command(), *OPTIONS, agent]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f":- working_directory(_, {quoted(path)})."

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f":- setenv({quoted(name)}, {quoted(value)})."


def quoted(text: str) -> str:
    """A Prolog atom."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
