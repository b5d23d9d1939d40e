"""Bash: a session in one shell."""

from __future__ import annotations

import shlex

from kernel_runner.assist.syntax import Grammar
from kernel_runner.console import CellError
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.bash.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "alias bg break case cd continue coproc declare do done echo elif else esac eval exec exit "
    "export false fg fi for function getopts hash help if in jobs kill let local mapfile popd "
    "printf pushd pwd read readarray readonly return select set shift shopt source test then "
    "time trap true type typeset ulimit umask unalias unset until wait while"
)


class BashRunner(SessionRunner):
    """Cells are sourced into one bash."""

    language = Language(
        "bash",
        "Bash",
        suffix=".sh",
        mimetype="text/x-sh",
        comment="#",
        codemirror_mode="shell",
        pygments_lexer="bash",
        kernels=("bash",),
        excluded=frozenset({"!"}),  # ! grep is a negated command
    )
    toolchain = Toolchain((("bash",),), debian="bash")
    grammar = Grammar(
        "tree_sitter_bash",
        keywords=tuple(KEYWORDS.split()),
        openers=("{", "(", "then", "do", "else", "in"),
        quotes=(),
        spans=('"', "'"),
        continuation="\\",
        wrong='((command_name) @node (#any-of? @node "fi" "done" "esac" "then" "do" "else" "}"))',
    )
    samples = SAMPLES
    main_names = ("main.sh", "run.sh")
    reopens = True
    assists = "CI"
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a script; cells are files in the run directory while they run."""
        agent = str(folder_of(__file__) / "agent.sh")
        return [*self.command(), "--norc", agent, str(self.spawner.run_directory)]

    async def query(self, code_text: str) -> int:
        """Evaluate a cell; Bash drops null characters as it reads, and would wait for more."""
        if "\0" in code_text:
            self.console.error(CellError.plain("SyntaxError", "There is a null character in it."))
            return 2
        return await super().query(code_text)

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"cd -- {shlex.quote(path)}"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"export {name}={shlex.quote(value)}"
