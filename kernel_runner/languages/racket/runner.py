"""Racket: a session in one racket."""

from __future__ import annotations

import contextlib
import json
import shutil
from functools import cached_property
from pathlib import Path

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.racket.samples import SAMPLES
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import folder_of
from kernel_runner.session.kept import Kept, run_tool
from kernel_runner.session.session import Session
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "and begin begin0 case case-lambda class cond define define-struct define-syntax "
    "define-syntax-rule define-values delay do else for for* for*/list for/fold for/hash for/list "
    "for/sum for/vector if lambda let let* let*-values let-syntax let-values letrec letrec-values "
    "match match-lambda module module* module+ new or parameterize provide quasiquote quote "
    "require send set! struct super-new syntax syntax-case syntax-rules unless unquote "
    "unquote-splicing values when with-handlers with-syntax λ"
)

SOURCES = folder_of(__file__) / "agent"


class RacketRunner(SessionRunner):
    """Cells are forms at Racket's top level, with all of `racket`."""

    language = Language(
        "racket",
        "Racket",
        suffix=".rkt",
        mimetype="text/x-racket",
        comment=";",
        codemirror_mode="scheme",
        pygments_lexer="racket",
        kernels=("racket",),
        excluded=frozenset({"!"}),  # a symbol may begin with it
    )
    toolchain = Toolchain((("racket",),), debian="racket")
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()),
        letters="!$%&*/:<=>?^~+-.@",
        indent=2,
        quotes=(),
        spans=('"', "|#"),
    )
    samples = SAMPLES
    main_names = ("main.rkt",)
    main_pattern = r"\(module\+ main\b"
    reopens = True

    def agent(self) -> list[str]:
        """The agent is a program of Racket's own, compiled where that has been possible."""
        racket = self.command()
        compiled = self._kept.folder / "agent"
        return [*racket, str((compiled if compiled.exists() else SOURCES) / "main.rkt")]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"(current-directory {quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"(void (putenv {quoted(name)} {quoted(value)}))"

    @cached_property
    def _kept(self) -> Kept:
        """The agent as this racket has compiled it: expanding it anew costs a start a second."""
        return Kept("racket", self.command()[0], SOURCES.glob("*.rkt"))

    async def _start(self) -> Session:
        with contextlib.suppress(SpawnError):  # what goes wrong here only costs time at starts
            await self._kept.make(self._compile)
        return await super()._start()

    async def _compile(self, draft: Path) -> None:
        agent = draft / "agent"
        shutil.copytree(SOURCES, agent, ignore=shutil.ignore_patterns("compiled"))
        code, text = await run_tool(*self.command(), "-l-", "raco", "make", str(agent / "main.rkt"))
        if code:
            raise SpawnError(f"Racket's agent could not be compiled:\n{text}")


def quoted(text: str) -> str:
    """A string literal; Racket's escapes are JSON's, but for those of what is not ASCII."""
    return json.dumps(text, ensure_ascii=False)
