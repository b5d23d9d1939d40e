"""CoffeeScript: the Node.js session, with each cell compiled to JavaScript first."""

from __future__ import annotations

import os
from pathlib import Path

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.coffeescript.samples import SAMPLES
from kernel_runner.languages.nodejs.npm import find_npm
from kernel_runner.languages.nodejs.runner import NO_NPM, NodeRunner
from kernel_runner.runner import ToolchainMissing, folder_of

KEYWORDS = (
    "and await break by case catch class continue debugger default delete do else export extends "
    "false finally for from if import in instanceof is isnt loop new no not null of off on or own "
    "return super switch then this throw true try typeof undefined unless until when while yes "
    "yield"
)


class CoffeeScriptRunner(NodeRunner):
    """Cells run in one Node.js, which the compiler shares. A project's main file is coffee's."""

    language = Language(
        "coffeescript",
        "CoffeeScript",
        suffix=".coffee",
        mimetype="text/coffeescript",
        comment="#",
        codemirror_mode="coffeescript",
        pygments_lexer="coffeescript",
        kernels=("coffee", "coffeescript"),
    )
    toolchain = Toolchain((("coffee",),), debian="coffeescript")
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()), letters="$", indent=2, spans=('"""', "'''", "###")
    )
    samples = SAMPLES
    main_names = ("index.coffee", "main.coffee", "app.coffee", "src/index.coffee")

    def agent(self) -> list[str]:
        """Node's agent, the transpiler, and the compiler's package, which has coffee in its bin."""
        agent = folder_of(__file__).parent / "nodejs" / "agent.js"
        package = Path(os.path.realpath(self.command()[0])).parent.parent
        return [*self.node(), str(agent), str(folder_of(__file__) / "transpiler.js"), str(package)]

    def node(self) -> list[str]:
        """The command of Node.js. Raises ToolchainMissing with what to install."""
        found = NodeRunner.toolchain.find()
        if found is None:
            raise ToolchainMissing(NodeRunner.toolchain.missing(self.language.display_name))
        return found

    def package_manager(self) -> list[str]:
        """npm, wherever Node.js has it."""
        npm = find_npm(self.node()[0])
        if npm is None:
            raise ToolchainMissing(NO_NPM.format(what="%dep"))
        return npm
