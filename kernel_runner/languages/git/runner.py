"""Git: commands in a shell session, and the commit graph as a picture."""

from __future__ import annotations

import re
from dataclasses import replace

from kernel_runner.console import CellError
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.bash.runner import KEYWORDS as SHELL_KEYWORDS
from kernel_runner.languages.bash.runner import BashRunner
from kernel_runner.languages.git.graph import commit_graph_svg, graph_argv, text_argv
from kernel_runner.languages.git.samples import SAMPLES
from kernel_runner.runner import folder_of

SHOW_GRAPH = re.compile(r"^[ \t]*show[ \t]+graph(?:[ \t]+(\d+))?[ \t]*$", re.MULTILINE)
PORCELAIN = (
    "git add branch checkout cherry-pick clone commit config diff fetch init log merge pull push "
    "rebase reflog remote reset restore revert show stash status switch tag worktree graph"
)


class GitRunner(BashRunner):
    """A shell in which `git` may be left out; `show graph [N]` draws the newest commits."""

    language = Language(
        "git",
        "Git",
        suffix=".sh",
        mimetype="text/x-sh",
        comment="#",
        codemirror_mode="shell",
        pygments_lexer="bash",
    )
    toolchain = Toolchain((("git",),), debian="git")
    grammar = replace(
        BashRunner.grammar, keywords=(*PORCELAIN.split(), *SHELL_KEYWORDS.split()), letters="-"
    )
    samples = SAMPLES

    def agent(self) -> list[str]:
        """Bash's agent, with git's commands as functions."""
        self.command()  # without git there is no point in starting
        folder = folder_of(__file__)
        agent = folder.parent / "bash" / "agent.sh"
        run_directory = str(self.spawner.run_directory)
        return ["bash", "--norc", str(agent), run_directory, str(folder / "commands.sh")]

    async def query(self, code_text: str) -> int:
        """Run the commands; draw where a line says `show graph`."""
        start = 0
        for match in SHOW_GRAPH.finditer(code_text):
            # Blank lines keep the positions of what follows.
            before = "\n" * code_text[:start].count("\n") + code_text[start : match.start()]
            if code_text[start : match.start()].strip():
                exit_code = await super().query(before)
                if exit_code:
                    return exit_code
            exit_code = await self._draw(int(match[1] or 100))
            if exit_code:
                return exit_code
            start = match.end()
        if not code_text[start:].strip():
            return 0
        return await super().query("\n" * code_text[:start].count("\n") + code_text[start:])

    async def _draw(self, count: int) -> int:
        exit, log = await self.capture(graph_argv(count), self.cwd)
        if exit.code:
            message = log.decode("utf-8", "replace").strip()
            self.console.error(CellError.plain("GitError", message))
            return exit.code
        _, text = await self.capture(text_argv(count), self.cwd)
        svg = commit_graph_svg(log)
        plain = text.decode("utf-8", "replace").rstrip()
        self.console.display({"image/svg+xml": svg, "text/plain": plain})
        return 0
