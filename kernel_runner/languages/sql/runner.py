"""SQL: a session with a SQLite database, or one of DuckDB's."""

from __future__ import annotations

import sys

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.sql.agent._kernel_runner_agent.assist import KEYWORDS
from kernel_runner.languages.sql.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner


class SqlRunner(SessionRunner):
    """Cells run in one connection; the interpreter is a Python, by default the kernel's own."""

    language = Language(
        "sql",
        "SQL",
        suffix=".sql",
        mimetype="text/x-sql",
        comment="--",
        codemirror_mode="sql",
        pygments_lexer="sql",
        kernels=("xsqlite",),
    )
    toolchain = Toolchain(
        ((sys.executable,),),
        debian="python3",
        version=("-c", "import sqlite3; print(sqlite3.sqlite_version)"),
    )
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    main_names = ("main.sql", "schema.sql")

    def agent(self) -> list[str]:
        """The agent is a folder that any interpreter can run."""
        return [*self.command(), str(folder_of(__file__) / "agent")]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f".cd {path}"

    async def execute_main(self) -> int:
        """Run the directory's script; the first argument names a database."""
        return await self.run_script(self.agent())
