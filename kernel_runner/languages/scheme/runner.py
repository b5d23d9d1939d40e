"""Scheme: a session in GNU Guile."""

from __future__ import annotations

import json

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.scheme.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "and begin call-with-current-continuation call-with-values case case-lambda cond cond-expand "
    "define define* define-module define-record-type define-syntax define-syntax-rule "
    "define-values delay do dynamic-wind else force guard if import lambda lambda* let let* "
    "let*-values let-syntax let-values letrec letrec* library match named-lambda or parameterize "
    "quasiquote quote receive set! syntax-case syntax-rules unless unquote unquote-splicing "
    "use-modules values when while with-syntax"
)


class SchemeRunner(SessionRunner):
    """Cells are forms at Guile's top level."""

    language = Language(
        "scheme",
        "Scheme (Guile)",
        suffix=".scm",
        mimetype="text/x-scheme",
        comment=";",
        codemirror_mode="scheme",
        pygments_lexer="scheme",
        kernels=("calysto_scheme", "guile"),
        excluded=frozenset({"!"}),  # a symbol may begin with it
    )
    toolchain = Toolchain((("guile",), ("guile-3.0",)), debian="guile-3.0")
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()),
        letters="!$%&*/:<=>?^~+-.@",
        indent=2,
        quotes=(),
        spans=('"', "|#"),
    )
    samples = SAMPLES
    main_names = ("main.scm",)
    script_options = ("-s",)
    reopens = True

    def agent(self) -> list[str]:
        """The agent is a script. Guile would first say that it compiles it, and wait for that."""
        return [*self.command(), "--no-auto-compile", str(folder_of(__file__) / "agent.scm")]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"(chdir {quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"(setenv {quoted(name)} {quoted(value)})"


def quoted(text: str) -> str:
    """A string literal; Scheme's escapes are JSON's, but for those of what is not ASCII."""
    return json.dumps(text, ensure_ascii=False)
