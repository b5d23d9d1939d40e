"""Erlang: a session in one BEAM."""

from __future__ import annotations

import json
from pathlib import Path

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.erlang.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "after and andalso band begin bnot bor bsl bsr bxor case catch div else end export fun if "
    "import include maybe module not of or orelse receive record rem spec throw try type when "
    "xor"
)
VERSION = "io:put_chars(erlang:system_info(otp_release)), halt()."


class ErlangRunner(SessionRunner):
    """Expressions and functions are evaluated as in the shell; a module is compiled and loaded."""

    language = Language(
        "erlang",
        "Erlang",
        suffix=".erl",
        mimetype="text/x-erlang",
        comment="%",
        codemirror_mode="erlang",
        pygments_lexer="erlang",
        kernels=("ierlang",),
        excluded=frozenset({"!"}),
    )
    toolchain = Toolchain(
        (("erl",),), debian="erlang-base", version=("-noshell", "-eval", VERSION), pattern=r"\d+"
    )
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()),
        letters="@",
        openers=("->", "(", "[", "{", "begin", "of"),
        quotes=(),
        spans=('"', "'"),
    )
    samples = SAMPLES
    main_names = ("main.erl", "main.escript")
    main_pattern = r"(?m)^main\s*\("
    more_suffixes = (".escript",)
    assists = "C"
    interrupt_frame = True

    def agent(self) -> list[str]:
        """The agent is a script of Erlang's own."""
        return [*self.interpreter(), str(folder_of(__file__) / "agent.escript")]

    def interpreter(self) -> list[str]:
        """What runs scripts, which is beside erl."""
        erl, *more = super().interpreter()
        return [str(Path(erl).with_name("escript")), *more]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"file:set_cwd({quoted(path)})."

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"os:putenv({quoted(name)}, {quoted(value)})."


def quoted(text: str) -> str:
    """A string literal; Erlang's escapes are JSON's, as far as they are needed here."""
    return json.dumps(text, ensure_ascii=False)
