"""Haskell: a session in GHC's own interpreter."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.haskell.build import AgentBuild
from kernel_runner.languages.haskell.samples import SAMPLES
from kernel_runner.session.session import Session
from kernel_runner.session_runner import SessionRunner

if TYPE_CHECKING:
    from kernel_runner.plain_build import Plan

KEYWORDS = (
    "case class data default deriving do else family forall foreign hiding if import in infix "
    "infixl infixr instance let module newtype of pattern qualified then type where"
)


class HaskellRunner(SessionRunner):
    """Cells run in one session of GHC, as in GHCi."""

    language = Language(
        "haskell",
        "Haskell",
        suffix=".hs",
        mimetype="text/x-haskell",
        comment="--",
        codemirror_mode="haskell",
        pygments_lexer="Haskell",
        kernels=("haskell",),
    )
    toolchain = Toolchain((("ghc",),), debian="ghc", version=("--numeric-version",))
    grammar = Grammar(None, keywords=tuple(KEYWORDS.split()), letters="'", indent=2)
    samples = SAMPLES
    runs_built = True
    main_names = ("Main.hs", "main.hs", "app/Main.hs")
    script_options = ("-e", ":main")
    main_pattern = r"(?m)^main\b"
    reopens = True

    def plan(self) -> Plan | None:
        """A program of the main module and those that it imports. Raises BatchError, SpawnError."""
        from kernel_runner.languages.haskell.plain import program_plan

        return program_plan(self)

    def agent(self) -> list[str]:
        """The agent, a program that is linked with the compiler; see _start."""
        return self._build.command()

    @cached_property
    def _build(self) -> AgentBuild:
        return AgentBuild(self.command()[0])

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f":cd {path}"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"System.Environment.setEnv {quoted(name)} {quoted(value)}"

    async def _start(self) -> Session:
        await self._build.build()
        return await super()._start()


def quoted(text: str) -> str:
    """A string literal of Haskell's: a code point where it is not plain ASCII."""

    def escaped(char: str) -> str:
        is_plain = char.isascii() and char.isprintable() and char not in '"\\'
        return char if is_plain else f"\\{ord(char)}\\&"

    return '"' + "".join(map(escaped, text)) + '"'
