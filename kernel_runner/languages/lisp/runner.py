"""Common Lisp: a session in SBCL."""

from __future__ import annotations

from kernel_runner.assist.syntax import Grammar
from kernel_runner.language import Language, Toolchain
from kernel_runner.languages.lisp.samples import SAMPLES
from kernel_runner.runner import folder_of
from kernel_runner.session_runner import SessionRunner

KEYWORDS = (
    "and block case catch cond declare defclass defconstant defgeneric define-condition defmacro "
    "defmethod defpackage defparameter defstruct defun defvar destructuring-bind do dolist dotimes "
    "ecase error eval-when flet format funcall function go handler-bind handler-case if "
    "ignore-errors in-package labels lambda let loop macrolet multiple-value-bind or prog1 progn "
    "quote return return-from setf setq tagbody the throw unless unwind-protect when with-open-file"
)
STACK = "64"  # MiB: deeper recursion than the usual 2 allow


class LispRunner(SessionRunner):
    """Cells are forms read and evaluated by one SBCL."""

    language = Language(
        "lisp",
        "Common Lisp (SBCL)",
        suffix=".lisp",
        mimetype="text/x-common-lisp",
        comment=";",
        codemirror_mode="text/x-common-lisp",
        pygments_lexer="common-lisp",
        info_name="common-lisp",
        kernels=("common-lisp",),
        excluded=frozenset({"!"}),  # a symbol may begin with it
    )
    toolchain = Toolchain((("sbcl",),), debian="sbcl")
    grammar = Grammar(
        keywords=tuple(KEYWORDS.split()),
        letters="!$%&*/:<=>?^~+-.@",
        indent=2,
        quotes=(),
        spans=('"', "|#"),
    )
    samples = SAMPLES
    main_names = ("main.lisp",)
    script_options = ("--script",)
    reopens = True
    assists_while_busy = False

    def agent(self) -> list[str]:
        """The person's init file is read first, as SBCL would; then the agent."""
        runtime = ["--noinform", "--control-stack-size", STACK]
        script = ["--load", str(folder_of(__file__) / "agent.lisp"), "--eval", "(jupyter::start)"]
        return [*self.command(), *runtime, *script]

    def chdir_code(self, path: str) -> str:
        """What %cd does in the session."""
        return f"(jupyter::change-directory {quoted(path)})"

    def setenv_code(self, name: str, value: str) -> str:
        """What %env does in the session."""
        return f"(jupyter::set-environment {quoted(name)} {quoted(value)})"


def quoted(text: str) -> str:
    """A string literal: any character may stand in one but these."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
