"""Cells in IPython, in the way of ipykernel's do_execute."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

import IPython
from IPython.core.completer import provisionalcompleter, rectify_completions
from IPython.utils.tokenutil import token_at_cursor

from .errors import HERE, CellError, describe
from .evaluator import Evaluator
from .ipython_shell import make_shell

if TYPE_CHECKING:
    from .agent import Agent, Cell
    from .bundles import Bundle

HIDDEN = (HERE, os.path.dirname(os.path.abspath(IPython.__file__)))


class IPythonEvaluator(Evaluator):
    """Runs cells in an InteractiveShell."""

    def __init__(self, agent: Agent, namespace: Dict[str, Any]) -> None:
        self._agent = agent
        self._shell: Any = make_shell(agent, sys.modules["__main__"], namespace)

    async def cell(self, cell: Cell) -> Dict[str, Any]:
        shell = self._shell
        silent = bool(cell.options.get("silent"))
        store = bool(cell.options.get("store_history", True)) and not silent
        shell.begin_cell(cell.number, store)
        payloads = shell.payload_manager
        try:
            result = await self._run(cell.code, silent, store)
            error = result.error_before_exec or result.error_in_exec
            told = shell.take_error(failed=error is not None)
            if error is not None or told is not None:
                raise told or self._describe(error)
            payload = payloads.read_payload()
        finally:
            payloads.clear_payload()
        return {"payload": payload} if payload else {}

    def expression(self, code: str) -> None:
        shell = self._shell
        try:
            value = eval(code, shell.user_global_ns, shell.user_ns)
            bundle, metadata = shell.display_formatter.format(value)
        except Exception as error:
            raise self._describe(error) from None
        self._agent.display("result", bundle, metadata)

    def complete(self, code: str, offset: int) -> Tuple[int, int, List[str]]:
        with provisionalcompleter():
            found = self._shell.Completer.completions(code, offset)
            matches = list(rectify_completions(code, found))
        if not matches:
            return offset, offset, []
        return matches[0].start, matches[0].end, [match.text for match in matches]

    def inspect(self, code: str, offset: int, detail: int) -> Bundle:
        name = token_at_cursor(code, offset)
        try:
            bundle: Bundle = self._shell.object_inspect_mime(name, detail_level=detail)
        except KeyError:
            return {}
        if not self._shell.enable_html_pager:
            bundle.pop("text/html", None)
        return bundle

    def is_complete(self, code: str) -> Tuple[str, str]:
        status, spaces = self._shell.input_transformer_manager.check_complete(code)
        return status, " " * (spaces or 0)

    async def _run(self, code: str, silent: bool, store: bool) -> Any:
        """shell.run_cell, but for awaiting cells in the session's own event loop."""
        shell = self._shell
        failure = None
        try:
            transformed = shell.transform_cell(code)
        except Exception:  # told by run_cell_async
            transformed, failure = code, sys.exc_info()
        given = {"transformed_cell": transformed, "preprocessing_exc_tuple": failure}
        awaits = shell.should_run_async(code, **given)
        if awaits and not shell.runs_asyncio():  # %autoawait trio
            return shell.run_cell(code, store_history=store, silent=silent)
        coroutine = shell.run_cell_async(code, store_history=store, silent=silent, **given)
        result = None
        try:
            result = await (self._agent.run(coroutine) if awaits else coroutine)
        except CellError:
            raise
        except BaseException as error:  # an interrupt outside the cell's own code
            raise self._describe(error) from None
        finally:
            shell.events.trigger("post_execute")
            if not silent:
                shell.events.trigger("post_run_cell", result)
        return result

    def _describe(self, error: BaseException) -> CellError:
        return describe(self._agent.interrupted(error), HIDDEN)
