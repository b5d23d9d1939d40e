"""Tcl: a session in one tclsh."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.tcl.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "after append apply array binary break catch cd chan clock close concat continue coroutine "
    "dict else elseif encoding eof error eval exec exit expr fconfigure file fileevent finally "
    "flush for foreach format gets glob global if incr info interp join lappend lassign lindex "
    "linsert list llength lmap load lrange lreplace lreverse lsearch lset lsort namespace open "
    "package proc puts pwd read regexp regsub rename return scan set source split string subst "
    "switch tailcall then throw time trace try unset uplevel upvar variable vwait while yield"
)


class TclRunner(SessionRunner):
    """Cells are evaluated at the global level of one tclsh."""

    language = Language(
        "tcl",
        "Tcl",
        suffix=".tcl",
        mimetype="text/x-tcl",
        comment="#",
        codemirror_mode="tcl",
        pygments_lexer="tcl",
        kernels=("tcljupyter",),
    )
    toolchain = Toolchain(
        (("tclsh",), ("tclsh8.6",)),
        debian="tcl tclx8.4",
        version=(str(folder_of(__file__) / "version.tcl"),),
    )
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    main_names = ("main.tcl", "run.tcl")
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a script of Tcl's own."""
        return [*self.command(), str(folder_of(__file__) / "agent.tcl")]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"cd {quoted(path)}"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"set ::env({name}) {quoted(value)}"


def quoted(text: str) -> str:
    """A word of Tcl's, in which nothing is substituted."""
    escaped = "".join(f"\\{letter}" if letter in '\\"$[]{}' else letter for letter in text)
    return f'"{escaped}"'
