"""Ruby: a session in one interpreter."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.ruby.samples import SAMPLES
from kernel_runner.packages import Packages
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "BEGIN END alias and begin break case class def defined? do else elsif end ensure false for "
    "if in module next nil not or redo rescue retry return self super then true undef unless "
    "until when while yield"
)


class RubyRunner(SessionRunner):
    """Cells run at the top level of one ruby."""

    language = Language(
        "ruby",
        "Ruby",
        suffix=".rb",
        mimetype="application/x-ruby",
        comment="#",
        codemirror_mode="ruby",
        pygments_lexer="ruby",
        kernels=("ruby",),
        excluded=frozenset({"!"}),  # !list.empty? is Ruby
    )
    toolchain = Toolchain((("ruby",),), debian="ruby")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), indent=2)
    samples = SAMPLES
    main_names = ("main.rb", "app.rb", "run.rb")
    main_pattern = r"\A#!|__FILE__ == \$(?:0|PROGRAM_NAME)|\$(?:0|PROGRAM_NAME) == __FILE__"
    packages = Packages(
        "gem",
        ("install", "--install-dir", "{place}", "--no-document"),
        variables={"GEM_PATH": "{place}:"},  # the end of it stands for Ruby's own places
        loading="Gem.clear_paths",
        tool=Toolchain((("gem",),), debian="ruby"),
    )
    reopens = True
    interrupt_frame = True

    def agent(self) -> list[str]:
        """The agent is a script of Ruby's own."""
        return [*self.command(), str(folder_of(__file__) / "agent.rb")]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"Dir.chdir({quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"ENV[{quoted(name)}] = {quoted(value)}"


def quoted(text: str) -> str:
    """A Ruby string literal in which nothing is interpolated."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
