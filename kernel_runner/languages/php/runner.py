"""PHP: a session in one interpreter."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.php.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "abstract array break callable case catch class clone const continue declare default echo "
    "else elseif empty endfor endforeach endif endswitch endwhile enum exit extends final finally "
    "foreach function global goto implements include include_once instanceof insteadof interface "
    "isset list match namespace print private protected public readonly require require_once "
    "return static switch throw trait unset while yield"
)
# Warnings go to stderr as plain text; nothing is cached that a later cell defines anew.
SETTINGS = ("display_errors=stderr", "html_errors=0", "log_errors=0", "opcache.enable_cli=0")


class PhpRunner(SessionRunner):
    """Cells are included, one after the other, by one php."""

    language = Language(
        "php",
        "PHP",
        suffix=".php",
        mimetype="text/x-php",
        comment="//",
        # JupyterLab's PHP is HTML until there is <?php, and a cell has none.
        codemirror_mode="typescript",
        pygments_lexer="PHP",
        kernels=("jupyter-php", "php"),
        excluded=frozenset({"!"}),  # !$list->isEmpty() is PHP
    )
    toolchain = Toolchain((("php",),), debian="php-cli")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()), letters="$")
    samples = SAMPLES
    main_names = ("main.php", "index.php", "run.php")
    reopens = True
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The agent is a script; cells are files in the run directory while they run."""
        settings = [f"-d{setting}" for setting in SETTINGS]
        agent = str(folder_of(__file__) / "agent.php")
        return [*self.command(), *settings, agent, str(self.spawner.run_directory)]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"chdir({quoted(path)});"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        pair = quoted(f"{name}={value}")
        return f"putenv({pair}); $_ENV[{quoted(name)}] = {quoted(value)};"


def quoted(text: str) -> str:
    """A PHP string literal in which nothing is interpolated."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
