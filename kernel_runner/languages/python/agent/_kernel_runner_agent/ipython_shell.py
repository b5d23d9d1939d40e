"""IPython's shell with the agent in place of a terminal.

The class is called ZMQInteractiveShell, as ipykernel's is: rich, tqdm, plotly and others look for
that name to know that they are in a notebook.
"""

from __future__ import annotations

import builtins
import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Dict, Optional

from IPython.core import interactiveshell, page
from IPython.core.autocall import ExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any as AnyTrait
from traitlets import Instance, Type, default
from traitlets.config import Config

from .errors import CellError, describe, drop_agent_frames, message_of
from .ipython_magics import NotebookMagics

if TYPE_CHECKING:
    from .agent import Agent

# IPython is typed in part only.
CachingCompiler_: Any = CachingCompiler
DisplayHook_: Any = DisplayHook
DisplayPublisher_: Any = DisplayPublisher
ExitAutocall_: Any = ExitAutocall
InteractiveShell_: Any = InteractiveShell
as_hook: Any = page.as_hook

INLINE = "module://matplotlib_inline.backend_inline"
SHELL_FILE = interactiveshell.__file__
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(SHELL_FILE)))
HIDDEN = (os.path.dirname(os.path.abspath(__file__)), PACKAGE)


def make_shell(agent: Agent, module: Any, namespace: Dict[str, Any]) -> Any:
    """IPython's one shell of this process, which evaluates in ``module``."""
    config = Config()
    config.HistoryManager.enabled = False  # In and Out are kept, the kernel has the history
    config.IPCompleter.use_jedi = False
    config.IPKernelApp.tqdm = "told that this is a kernel"
    if not os.environ.get("MPLBACKEND") and importlib.util.find_spec("matplotlib_inline"):
        os.environ["MPLBACKEND"] = INLINE
    return ZMQInteractiveShell.instance(
        config=config, agent=agent, user_module=module, user_ns=namespace
    )


class Kernel:
    """What ipywidgets and others want of ``get_ipython().kernel``."""

    def __init__(self, shell: ZMQInteractiveShell) -> None:
        self.shell = shell

    def get_parent(self, channel: Optional[str] = None) -> Dict[str, Any]:
        """The message that is being answered, as far as we know it: its id."""
        return self.shell.get_parent()

    @property
    def _parent_header(self) -> Dict[str, Any]:
        return self.shell.get_parent()

    @property
    def comm_manager(self) -> Any:
        """The comm package's manager."""
        return self.shell.agent.comms.manager


class Compiler(CachingCompiler_):  # type: ignore[misc]
    """Names a cell's code In[count], so that positions read as the person counts."""

    stored = False

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """The file name of a cell's code; cells outside the history do not share names."""
        if self.stored:
            return f"In[{number}]"
        return str(super().get_code_name(raw_code, transformed_code, number))


class Publisher(DisplayPublisher_):  # type: ignore[misc]
    """display(), as D and U frames."""

    def publish(
        self,
        data: Dict[str, Any],
        metadata: Optional[Dict[str, Any]] = None,
        source: Any = None,
        *,
        transient: Optional[Dict[str, Any]] = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        """Show a MIME bundle, or replace one that has the same display_id."""
        self._validate_data(data, metadata)
        display_id = (transient or {}).get("display_id") or ""
        self.shell.agent.display("update" if update else "display", data, metadata, display_id)

    def clear_output(self, wait: bool = False) -> None:
        """Clear the cell's output."""
        self.shell.agent.clear_output(wait)


class Hook(DisplayHook_):  # type: ignore[misc]
    """The value of a cell's last expression, as a D frame."""

    showing = False

    def start_displayhook(self) -> None:
        """What goes wrong from here on is the cell's failure."""
        super().start_displayhook()
        self.showing = True

    def write_output_prompt(self) -> None:
        """The front end draws the prompt."""

    def write_format_data(
        self, format_dict: Dict[str, Any], md_dict: Optional[Dict[str, Any]] = None
    ) -> None:
        """Send the value."""
        self.shell.agent.display("result", format_dict, md_dict)

    def finish_displayhook(self) -> None:
        """The value is sent already."""
        self._is_active = self.showing = False


class Exit(ExitAutocall_):  # type: ignore[misc]
    """exit, exit(), quit and quit(3) end the session's process."""

    def __call__(self, code: object = None, keep_kernel: bool = False) -> None:
        """Leave as sys.exit(code) does."""
        raise SystemExit(code)


class ZMQInteractiveShell(InteractiveShell_):  # type: ignore[misc]
    """The shell of a session."""

    agent = AnyTrait()
    kernel = AnyTrait()
    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    compiler_class = Type(Compiler)
    exiter = Instance(ExitAutocall)
    autoindent = False

    _error: Optional[CellError] = None
    _display_failed = False

    @default("kernel")
    def _default_kernel(self) -> Kernel:
        return Kernel(self)

    @default("exiter")
    def _default_exiter(self) -> Exit:
        return Exit(self)

    # -- the start

    def init_environment(self) -> None:
        """The kernel has set the environment."""

    def init_virtualenv(self) -> None:
        """This interpreter is the person's choice; no other environment is mixed in."""

    def init_hooks(self) -> None:
        """Page through the front end."""
        super().init_hooks()
        self.set_hook("show_in_pager", as_hook(self._page), 99)

    def init_magics(self) -> None:
        """The magics that need another way here than in a terminal."""
        super().init_magics()
        self.register_magics(NotebookMagics)

    # -- a cell

    def begin_cell(self, count: int, stored: bool) -> None:
        """Before a cell: set its number."""
        if "_oh" not in self.user_ns:  # a cell has cleared its namespace
            self.init_user_ns()
        self.execution_count = count
        self.compile.stored = stored
        self._error = None
        self._display_failed = self.displayhook.showing = False

    def take_error(self, *, failed: bool) -> Optional[CellError]:
        """After a cell: what was told of its failure. What was told although the cell went on
        and ended well goes to stderr."""
        error, self._error = self._error, None
        if error is not None and not failed and not self._display_failed:
            print(error.text, file=sys.stderr)
            return None
        return error

    def runs_asyncio(self) -> bool:
        """Whether cells that await want asyncio (and not trio or curio)."""
        return "asyncio" in type(self.loop_runner).__name__.lower() or "asyncio" in str(
            getattr(self.loop_runner, "__name__", "")
        )

    def get_parent(self) -> Dict[str, Any]:
        """The message that is being answered."""
        parent: Dict[str, Any] = self.agent.parent
        return parent

    def set_parent(self, parent: Dict[str, Any]) -> None:
        """Taken from callers that know ipykernel; the agent knows its parent."""

    # -- errors

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Tell an exception; that of the cell itself becomes its X frame."""
        etype, value, tb = self._get_exc_info(exc_tuple)
        if isinstance(value, SystemExit) and self._caught_in("run_code"):
            self.agent.exit(value.code)
        if isinstance(value, KeyboardInterrupt) and sys.exc_info()[2] and not self._caught_in():
            raise value  # from event callbacks and the like, which would go on
        drop_agent_frames(tb)
        value = self.agent.interrupted(value)
        if not isinstance(value, etype):
            exc_tuple = (type(value), value, tb)
        if _is_group(value):  # IPython prints these to stderr
            self._tell(describe(value, HIDDEN))
            return
        super().showtraceback(exc_tuple, *args, **kwargs)

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        text = stb if isinstance(stb, str) else "\n".join(stb)
        self._tell(CellError(etype.__name__, message_of(evalue), text))

    def show_usage_error(self, exc: BaseException) -> None:
        """A magic was used wrongly."""
        self._tell(CellError("UsageError", message_of(exc), f"UsageError: {message_of(exc)}"))

    def _tell(self, error: CellError) -> None:
        """Keep the cell's own error for its X frame; others are only shown."""
        shown = self.displayhook.showing
        self._display_failed = self._display_failed or shown
        caught = sys.exc_info()[2]
        if shown or caught is None or self._caught_in():
            self._error = error
        else:
            print(error.text, file=sys.stderr)

    @staticmethod
    def _caught_in(*names: str) -> bool:
        """Whether IPython's shell caught the current exception (in one of these methods)."""
        tb = sys.exc_info()[2]
        code = tb.tb_frame.f_code if tb is not None else None
        return (
            code is not None
            and code.co_filename == SHELL_FILE
            and (code.co_name in names or not names)
            and code.co_name != "safe_execfile"
        )

    # -- what a terminal would do

    def ask_exit(self) -> None:
        """Leave."""
        raise SystemExit(0)

    def enable_gui(self, gui: Optional[str] = None) -> None:
        """No event loop but asyncio's is run here."""
        if gui not in (None, "", "inline", "asyncio"):
            raise UsageError(f"this session cannot run the event loop of {gui!r}")

    def set_next_input(self, text: str, replace: bool = False) -> None:
        """Put text into the next cell, or with ``replace`` in this one's place."""
        payload = {"source": "set_next_input", "text": text, "replace": replace}
        self.payload_manager.write_payload(payload)

    def _page(
        self, text: Any, start: int = 0, screen_lines: int = 0, pager_cmd: Any = None
    ) -> None:
        data = text if isinstance(text, dict) else {"text/plain": text}
        self.payload_manager.write_payload({"source": "page", "data": data, "start": max(0, start)})

    def system(self, cmd: str) -> None:
        """Run a shell command on the session's own terminal. ``_exit_code`` is its exit code."""
        child = subprocess.Popen(self.var_expand(cmd, depth=1), shell=True)
        try:
            code = child.wait()
        except KeyboardInterrupt:
            _end(child)
            self.user_ns["_exit_code"] = child.returncode
            raise
        self.user_ns["_exit_code"] = code
        if code != 0 and getattr(self, "system_raise_on_error", False):
            raise subprocess.CalledProcessError(code, cmd)

    system_raw = system_piped = system


def _end(child: subprocess.Popen[bytes]) -> None:
    """After an interrupt, which hit the child as well: let it end, then make it."""
    for stop in (None, child.terminate, child.kill):
        if stop is not None:
            stop()
        try:
            child.wait(0.5)
            return
        except subprocess.TimeoutExpired:
            continue


def _is_group(error: Optional[BaseException]) -> bool:
    group: Any = getattr(builtins, "BaseExceptionGroup", ())  # from Python 3.11 on
    while error is not None:
        if isinstance(error, group):
            return True
        error = error.__context__
    return False
