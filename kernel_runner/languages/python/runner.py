"""Python: a session in whatever interpreter is configured, with IPython where that has it."""

from __future__ import annotations

import keyword

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.python.samples import SAMPLES
from kernel_runner.packages import Packages
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner


class PythonRunner(SessionRunner):
    """Cells run in one interpreter, which need not be the kernel's own."""

    language = Language(
        "python",
        "Python",
        suffix=".py",
        mimetype="text/x-python",
        comment="#",
        codemirror_mode={"name": "ipython", "version": 3},
        pygments_lexer="ipython3",
        kernels=("python3",),
        # IPython's own, and better there: they see the session's variables.
        excluded=frozenset({"!", "%run", "%cd", "%env", "%reset"}),
    )
    toolchain = Toolchain((("python3",), ("python",)), debian="python3")
    grammar = Grammar(
        "tree_sitter_python",
        keywords=tuple(keyword.kwlist),
        openers=("{", "(", "[", ":"),
        spans=('"""', "'''"),
        continuation="\\",
        block="block",
        unfinished="(ERROR (decorator) @node .) (try_statement (block) @node .)",
    )
    samples = SAMPLES
    packages = Packages(
        "pip",
        (
            *("-m", "pip", "install", "--disable-pip-version-check", "--upgrade"),
            *("--target", "{place}/{version}"),
        ),
        variables={"KERNEL_RUNNER_PACKAGES": "{place}"},
        loading="__import__('importlib').invalidate_caches()",
    )
    reopens = True

    def agent(self) -> list[str]:
        """The agent is a folder that any interpreter can run."""
        return [*self.command(), str(folder_of(__file__) / "agent")]

    async def execute_heuristic(self) -> int:
        """Run main.py or __main__.py, else the only script that there is."""
        exit = await self.run_program([*self.command(), self.find_main(), *self.arguments])
        return self.tell(exit, "The program")

    def find_main(self) -> str:
        """The script to run in the current directory."""
        return self.main_file("main.py", "__main__.py", "app.py")
