"""What evaluates cells: IPython where the interpreter has it, else plain Python."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

if TYPE_CHECKING:
    from .agent import Agent, Cell
    from .bundles import Bundle


class Evaluator:
    """What the agent needs of an evaluator. All but ``cell`` and ``expression`` are called on
    the reader thread, also while a cell runs."""

    async def cell(self, cell: Cell) -> Dict[str, Any]:
        """Run a cell and give K's options. Raises CellError."""
        raise NotImplementedError

    def expression(self, code: str) -> None:
        """Show the value of an expression as a result, and change nothing. Raises CellError."""
        raise NotImplementedError

    def complete(self, code: str, offset: int) -> Tuple[int, int, List[str]]:
        """What ``code[start:end]`` may become: start, end, matches."""
        raise NotImplementedError

    def inspect(self, code: str, offset: int, detail: int) -> Bundle:
        """What is known of the name at ``offset``; empty where nothing is."""
        raise NotImplementedError

    def is_complete(self, code: str) -> Tuple[str, str]:
        """complete, incomplete, invalid or unknown, and the next line's indent."""
        raise NotImplementedError


def make_evaluator(agent: Agent, namespace: Dict[str, Any]) -> Evaluator:
    """The best evaluator that this interpreter can have."""
    if importlib.util.find_spec("IPython") is not None:
        try:
            from .ipython import IPythonEvaluator

            return IPythonEvaluator(agent, namespace)
        except Exception as error:  # an IPython that is broken or too old
            import sys

            print(f"IPython does not work here, so plain Python runs: {error}", file=sys.stderr)
    from .plain import PlainEvaluator

    return PlainEvaluator(agent, namespace)
