"""GAP: a session in one GAP."""

from __future__ import annotations

import json

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.gap.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "and break continue do elif else end false fi for function if in local mod not od or quit "
    "QUIT readonly readwrite rec repeat return then true until while Assert Info IsBound Unbind"
)


class GapRunner(SessionRunner):
    """Statements are evaluated at the top level of one GAP, up to the first that fails."""

    language = Language(
        "gap",
        "GAP",
        suffix=".g",
        mimetype="text/x-gap",
        comment="#",
        # CodeMirror has no GAP; Julia has most of its words, and its comments.
        codemirror_mode="julia",
        pygments_lexer="gap",
        kernels=("gap-4",),
        excluded=frozenset({"!"}),
    )
    # Debian 12's crashes when it is asked for its version alone.
    toolchain = Toolchain((("gap",),), debian="gap-core", version=("--help",))
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    main_names = ("main.g",)
    assists = "CI"
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a file of GAP's own. Nobody could answer a break loop: -T goes without."""
        script = str(folder_of(__file__) / "agent.g")
        return [*self.command(), "-q", "-b", "-n", "-T", script]

    def interpreter(self) -> list[str]:
        """GAP without its banner, which ends where a script has failed."""
        return [*super().interpreter(), "-q", "-b", "-n", "--quitonbreak"]

    async def execute_main(self) -> int:
        """Run the main file. GAP takes what follows for more files, and would ask for commands."""
        argv = [*self.interpreter(), self.main_file(), "-c", "QUIT_GAP(0);"]
        return self.tell(await self.run_program(argv), "The program")

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"ChangeDirectoryCurrent({quoted(path)});;"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"GAPInfo.SystemEnvironment.({quoted(name)}) := {quoted(value)};;"


def quoted(text: str) -> str:
    """A string literal; GAP's escapes are JSON's, as far as they are needed here."""
    return json.dumps(text, ensure_ascii=False)
