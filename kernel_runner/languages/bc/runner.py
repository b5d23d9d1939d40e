"""bc: each cell is a script for GNU bc."""

from __future__ import annotations

import re
import signal

from traitlets import Float

from kernel_runner.assist.syntax import Grammar
from kernel_runner.compiled_runner import BUILD_FAILED, CompileError
from kernel_runner.console import CellError
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.bc.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.script_runner import ScriptRunner

KEYWORDS = (
    "auto break continue define else for halt ibase if last length limits obase print quit read "
    "return scale sqrt void warranty while"
)
# After the script bc would go on with its stdin; a script need not end with a line feed.
HALT = str(folder_of(__file__) / "halt.bc")
# What a check says on stdout is the script's code for bc's own machine.
CHECK = ("/bin/sh", "-c", 'exec "$0" "$@" >/dev/null')
FAULT = re.compile(rb"^(.*) (\d+): (.*?)\r?$", re.MULTILINE)


class BcRunner(ScriptRunner):
    """A cell is a script, which is checked before it runs: bc ends with 0 whatever it finds."""

    language = Language(
        "bc",
        "bc",
        suffix=".bc",
        mimetype="text/x-bc",
        comment="#",
        codemirror_mode="text/x-csrc",  # CodeMirror has no bc; C has its statements and comments
        pygments_lexer="bc",
        excluded=frozenset({"!"}),  # an expression may begin with it
    )
    toolchain = Toolchain((("bc",),), debian="bc")
    grammar = Grammar(keywords=tuple(KEYWORDS.split()))
    samples = SAMPLES
    main_names = ("main.bc",)
    script_options = ("-q", "--")
    script_end = (HALT,)

    # At an interrupt bc goes on with the next statement.
    interrupt_grace = Float(0.0, help=ScriptRunner.interrupt_grace.help).tag(config=True)
    _interrupted = False

    async def query(self, code_text: str) -> int:
        """Check the cell, and run it."""
        script = self.write_script(code_text)
        exit, log = await self.capture(
            [*CHECK, *self.command(), "-q", "-c", "--", script, HALT], self.cwd
        )
        faults = FAULT.findall(log)
        if exit.code == 0 and not faults:
            return await super().query(code_text)
        self.syntax.remember(code_text)
        if exit.code:
            return exit.code
        # What bc misses until after the cell, as a brace, belongs to its last line.
        last = code_text.count("\n") + 1
        place = self.cell_name.encode()
        told = [
            b"%s:%d: %s\n" % (place, int(line) if b"In[" in file else last, what)
            for file, line, what in faults
        ]
        self.console.error(CompileError(b"".join(told)).as_cell_error())
        return BUILD_FAILED

    async def run_file(self, script: str) -> int:
        """Run a script; its exit code. After an interrupt bc may yet have come to its end."""
        self._interrupted = False
        code = await super().run_file(script)
        if self._interrupted and code == 0:
            self.console.error(CellError.plain("Interrupted", "The program was interrupted."))
            return 128 + signal.SIGINT
        return code

    async def interrupt(self) -> None:
        """Stop what is running, if anything is."""
        self._interrupted = True
        await super().interrupt()
