"""TypeScript: the Node.js session, with the types taken out of each cell first."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language
from kernel_runner.languages.nodejs.npm import find_npm
from kernel_runner.languages.nodejs.runner import KEYWORDS, NO_NPM, NodeRunner
from kernel_runner.languages.typescript.samples import SAMPLES
from kernel_runner.languages.typescript.sucrase import find_sucrase, install_sucrase
from kernel_runner.runner import ToolchainMissing, folder_of
from kernel_runner.session.session import Session

OWN_KEYWORDS = (
    "abstract any as asserts bigint boolean declare enum implements infer interface is keyof "
    "never number object override private protected public readonly satisfies string symbol "
    "type unique unknown"
)
STRIPS_TYPES = (22, 13)  # the first Node.js that can do it by itself


class TypeScriptRunner(NodeRunner):
    """Cells run in one Node.js. Their types are taken out, not checked."""

    language = Language(
        "typescript",
        "TypeScript (Node.js)",
        suffix=".ts",
        mimetype="text/typescript",
        comment="//",
        codemirror_mode="typescript",
        pygments_lexer="typescript",
        kernels=("tslab", "typescript"),
        excluded=frozenset({"!"}),
    )
    grammar = Grammar(
        "tree_sitter_typescript",
        function="language_typescript",
        keywords=tuple(sorted([*KEYWORDS.split(), *OWN_KEYWORDS.split()])),
        letters="$",
        indent=2,
        spans=("`", "*/"),
        unfinished="(try_statement !handler !finalizer) @node",
    )
    samples = SAMPLES
    main_names = ("index.ts", "main.ts", "app.ts", "src/index.ts", "src/main.ts")

    def agent(self) -> list[str]:
        """Node's agent, the transpiler, and where that finds sucrase."""
        home = find_sucrase()
        transpiler = str(folder_of(__file__) / "transpiler.js")
        return [*super().agent(), transpiler, *([str(home)] if home else [])]

    async def execute_main(self) -> int:
        """Run a project's main file, through sucrase's hook for require() where that is needed."""
        await self._bring_sucrase()
        home = find_sucrase()
        hook = ["--require", str(home / "node_modules/sucrase/register")] if home else []
        return await self.run_script([*self.command(), *hook])

    async def _start(self) -> Session:
        await self._bring_sucrase()
        return await super()._start()

    async def _bring_sucrase(self) -> None:
        """Install it where it is missing, and needed. Raises SpawnError."""
        if find_sucrase() is None and not await self._strips_types():
            npm = find_npm(self.command()[0])
            if npm is None:
                raise ToolchainMissing(NO_NPM.format(what="TypeScript's transpiler"))
            await install_sucrase(npm)

    async def _strips_types(self) -> bool:
        """Whether this Node.js can do without sucrase; only asked where there is no npm."""
        if find_npm(self.command()[0]) is not None:
            return False
        version = await self.find_version()
        return tuple(int(number) for number in version.split(".")[:2]) >= STRIPS_TYPES
