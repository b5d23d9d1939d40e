"""Elixir: a session in one BEAM."""

from __future__ import annotations

import shutil
from functools import cached_property
from pathlib import Path

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.elixir.samples import SAMPLES
from kernel_runner.process.spawner import SpawnError
from kernel_runner.runner import folder_of
from kernel_runner.session.kept import Kept, run_tool
from kernel_runner.session.session import Session
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "after alias and case catch cond def defdelegate defexception defguard defimpl defmacro "
    "defmodule defoverridable defp defprotocol defstruct do else end false fn for if import in "
    "nil not or quote raise receive require rescue super throw true try unless unquote use when "
    "with"
)
# Erlang's own ^C is ours to handle; names of files are UTF-8 whatever the locale; schedulers with
# nothing to do sleep at once.
SWITCHES = (
    *("-noinput", "+Bi", "+fnu", "-boot", "no_dot_erlang", "-elixir", "ansi_enabled", "true"),
    *("+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"),
)
SOURCES = folder_of(__file__) / "agent"
MAIN = ("-s", "Elixir.KernelRunner.Agent", "main")


class ElixirRunner(SessionRunner):
    """Cells are evaluated in one BEAM, as IEx would evaluate them."""

    language = Language(
        "elixir",
        "Elixir",
        suffix=".exs",
        mimetype="text/x-elixir",
        comment="#",
        codemirror_mode="ruby",  # CodeMirror has no Elixir; Ruby has its blocks and symbols
        pygments_lexer="elixir",
        kernels=("ielixir", "elixir"),
        excluded=frozenset({"!"}),  # !done is an expression
    )
    toolchain = Toolchain((("elixir",),), debian="elixir", pattern=r"(?<=Elixir )\d+(?:\.\d+)+")
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()),
        letters="!?@",
        openers=("do", "fn", "->", "else", "(", "[", "{"),
        indent=2,
        quotes=(),
        spans=('"', "'"),
    )
    samples = SAMPLES
    main_names = ("main.exs", "run.exs")
    reopens = True
    interrupt_frame = True
    _compiled: Path | None = None

    def agent(self) -> list[str]:
        """The agent's modules, in a BEAM that is started without Elixir's own script."""
        elixir = self.command()
        compiled = str(self._compiled or self._kept.folder)
        libraries = sorted(str(path) for path in library_folders(elixir[0]))
        erl = shutil.which("erl", path=self.env.get("PATH"))
        if not libraries or not erl:  # a script that finds its Elixir by other means
            switches = " ".join(SWITCHES)
            code = "KernelRunner.Agent.main()"
            return [*elixir, "--erl", switches, "--no-halt", "-pa", compiled, "-e", code]
        return [erl, *SWITCHES, "-pa", *libraries, compiled, *MAIN]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"File.cd!({quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"System.put_env({quoted(name)}, {quoted(value)})"

    @cached_property
    def _kept(self) -> Kept:
        """The agent as this elixir has compiled it: that takes a second or two."""
        return Kept("elixir", self.command()[0], SOURCES.glob("*.ex"))

    async def _start(self) -> Session:
        self._compiled = await self._compile()
        return await super()._start()

    async def _compile(self) -> Path:
        """The compiled agent; anew each time where nothing can be kept."""
        try:
            await self._kept.make(self._compile_into)
        except SpawnError:
            folder = self.spawner.run_directory / "elixir"
            folder.mkdir(exist_ok=True)
            await self._compile_into(folder)
            return folder
        return self._kept.folder

    async def _compile_into(self, folder: Path) -> None:
        sources = sorted(str(source) for source in SOURCES.glob("*.ex"))
        code, text = await run_tool(*self.command(), "+elixirc", "-o", str(folder), *sources)
        if code:
            raise SpawnError(f"Elixir's agent could not be compiled:\n{text}")
        install = f"KernelRunner.Evaluated.install({quoted(str(folder))})"
        await run_tool(*self.command(), "-pa", str(folder), "-e", install)


def library_folders(elixir: str) -> list[Path]:
    """Where the modules of an ``elixir`` are; nothing where its place does not tell."""
    return list(Path(elixir).resolve().parent.parent.glob("lib/*/ebin"))


def quoted(text: str) -> str:
    """A string literal without interpolation."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("#{", "\\#{")
    return f'"{escaped}"'
