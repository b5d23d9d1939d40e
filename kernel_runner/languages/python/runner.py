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
    main_names = ("main.py", "__main__.py", "app.py")
    main_pattern = r"(?m)^if __name__ == ['\"]__main__['\"]"
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

    async def execute_main(self) -> int:
        """Run the main file; one that belongs to a package as a part of that."""
        package, _, name = self.main_file().rpartition("/")
        if name != "__main__.py" or not package or self.main:
            return await super().execute_main()
        module = package.removeprefix("src/").replace("/", ".")
        places = filter(None, [f"{self.cwd}/src", self.env.get("PYTHONPATH")])
        self.env = {**self.env, "PYTHONPATH": ":".join(places)}
        exit = await self.run_program([*self.interpreter(), "-m", module, *self.arguments])
        return self.tell(exit, "The program")
