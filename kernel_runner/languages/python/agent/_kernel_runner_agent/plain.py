"""Cells in plain Python: the last expression is the result, await works at the top level."""

from __future__ import annotations
import __future__

import ast
import asyncio
import inspect
import linecache
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from . import plain_assist, plain_display
from .errors import HERE, CellError, describe
from .evaluator import Evaluator
from .plain_figures import Figures

if TYPE_CHECKING:
    from .agent import Agent, Cell
    from .bundles import Bundle

KEPT = 100  # results that stay reachable as _1, _2, ...
FUTURES = [getattr(__future__, name) for name in __future__.all_feature_names]
HIDDEN = (HERE, ast.__file__, asyncio.__path__[0])


class PlainEvaluator(Evaluator):
    """Runs cells with the standard library alone."""

    def __init__(self, agent: Agent, namespace: Dict[str, Any]) -> None:
        self._agent = agent
        self._namespace = namespace
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._results: List[int] = []
        plain_display.install(agent)
        self._figures = Figures(agent)

    async def cell(self, cell: Cell) -> Dict[str, Any]:
        silent = bool(cell.options.get("silent"))
        store = not silent and cell.options.get("store_history", True)
        name = f"In[{cell.number}]" if store else "<silent cell>"
        lines = cell.code.splitlines(keepends=True)
        linecache.cache[name] = (len(cell.code), None, lines, name)
        try:
            body, last = self._compile(cell.code, name)
            await self._run(body)
            value = await self._run(last) if last is not None else None
            if value is not None and not silent and not _is_muted(cell.code, last):
                self._keep(value, cell.number if store else None)
                self._agent.display("result", *plain_display.render(value))
            self._figures.show()
        except SystemExit:
            raise
        except BaseException as error:  # all that a cell may raise
            raise self._describe(error) from None
        return {}

    def expression(self, code: str) -> None:
        try:
            value = eval(code, self._namespace)  # that is what is asked for
            self._agent.display("result", *plain_display.render(value))
        except Exception as error:
            raise self._describe(error) from None

    def complete(self, code: str, offset: int) -> Tuple[int, int, List[str]]:
        return plain_assist.complete(self._namespace, code, offset)

    def inspect(self, code: str, offset: int, detail: int) -> Bundle:
        return plain_assist.inspect_name(self._namespace, code, offset, detail)

    def is_complete(self, code: str) -> Tuple[str, str]:
        return plain_assist.is_complete(code, self._flags)

    def _compile(self, code: str, name: str) -> Tuple[Any, Optional[Any]]:
        """The code of a cell and, where its end is an expression, of that expression."""
        tree = compile(code, name, "exec", self._flags | ast.PyCF_ONLY_AST, dont_inherit=True)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        body = compile(tree, name, "exec", self._flags, dont_inherit=True)
        for feature in FUTURES:  # `from __future__ import ...` holds for later cells too
            self._flags |= body.co_flags & feature.compiler_flag
        if last is None:
            return body, None
        expression = ast.Expression(last.value)
        return body, compile(expression, name, "eval", self._flags, dont_inherit=True)

    async def _run(self, code: Any) -> Any:
        value = eval(code, self._namespace)
        if code.co_flags & inspect.CO_COROUTINE:
            return await self._agent.run(value)
        return value

    def _keep(self, value: Any, count: Optional[int]) -> None:
        names = self._namespace
        names["___"], names["__"], names["_"] = names.get("__"), names.get("_"), value
        if count is None:
            return
        names[f"_{count}"] = value
        self._results.append(count)
        if len(self._results) > KEPT:
            names.pop(f"_{self._results.pop(0)}", None)

    def _describe(self, error: BaseException) -> CellError:
        return describe(self._agent.interrupted(error), HIDDEN)


def _is_muted(code: str, last: Any) -> bool:
    """Whether a semicolon follows the last expression."""
    tail = code.rstrip().rpartition("\n")[2]
    if ";" not in tail:
        return False
    tree = ast.parse(code)
    end = tree.body[-1]
    lines = code.encode("utf-8", "replace").splitlines()
    rest = lines[(end.end_lineno or 1) - 1][end.end_col_offset or 0 :]
    return rest.lstrip(b" \t)").startswith(b";")
