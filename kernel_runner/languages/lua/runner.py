"""Lua: a session in one interpreter."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.lua.samples import SAMPLES
from kernel_runner.packages import Packages
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "and break do else elseif end false for function goto if in local nil not or repeat return "
    "then true until while"
)
# How often a session can be interrupted: each time lua begins another argument, see agent.lua.
INTERRUPTS = 2000


class LuaRunner(SessionRunner):
    """Cells are chunks of one lua, which share its globals."""

    language = Language(
        "lua",
        "Lua",
        suffix=".lua",
        mimetype="text/x-lua",
        comment="--",
        codemirror_mode="lua",
        pygments_lexer="lua",
        kernels=("lua",),
    )
    toolchain = Toolchain(
        (("lua5.4",), ("lua",), ("lua5.3",)), debian="lua5.4 lua-filesystem", version=("-v",)
    )
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), indent=2)
    samples = SAMPLES
    main_names = ("main.lua", "init.lua", "run.lua")
    packages = Packages(
        "luarocks",
        ("--tree", "{place}", "--lua-version", "{version}", "install"),
        variables={"KERNEL_RUNNER_PACKAGES": "{place}"},
        tool=Toolchain((("luarocks",),), debian="luarocks liblua5.4-dev"),
    )
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is loaded by the first of lua's arguments, and served by all others."""
        agent = folder_of(__file__) / "agent" / "agent.lua"
        load = f"-edofile({quoted(str(agent))})"
        return [*self.command(), load, *['-erequire"kernel_runner"()'] * INTERRUPTS]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"jupyter.chdir({quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"jupyter.setenv({quoted(name)}, {quoted(value)})"


def quoted(text: str) -> str:
    """A Lua string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
