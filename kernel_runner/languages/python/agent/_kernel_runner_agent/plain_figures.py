"""matplotlib's figures, where there is no IPython to show them: at show() and after a cell."""

from __future__ import annotations

import os
import sys
import types
from io import BytesIO
from typing import TYPE_CHECKING, Any, Optional, Sequence

if TYPE_CHECKING:
    from .agent import Agent

BACKEND = "_kernel_runner_agent.backend"


class Figures:
    """Shows them. It is also a finder that finds nothing: so it sees pyplot being imported, and
    chooses its backend. (Child processes would inherit MPLBACKEND, and have no such backend.)"""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        if not os.environ.get("MPLBACKEND"):
            sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Optional[Sequence[str]], target: Any = None) -> None:
        """Called for each module that is imported for the first time."""
        if name != "matplotlib.pyplot":
            return
        settings = sys.modules["matplotlib"].rcParams
        # What matplotlib would find by itself is no text; the person's own choice is.
        if isinstance(dict.get(settings, "backend"), str):
            return
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        backend: Any = types.ModuleType(BACKEND)
        backend.FigureCanvas = FigureCanvasAgg
        backend.show = self.show
        sys.modules[BACKEND] = backend
        settings["backend"] = f"module://{BACKEND}"

    def show(self, *_arguments: Any, **_options: Any) -> None:
        """Show the figures that are open, and close them: the next cell begins a new one."""
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or pyplot.get_backend() != f"module://{BACKEND}":
            return
        try:
            for number in pyplot.get_fignums():
                figure = pyplot.figure(number)
                picture = BytesIO()
                figure.savefig(picture, format="png", bbox_inches="tight")
                bundle = {"image/png": picture.getvalue(), "text/plain": repr(figure)}
                self._agent.display("display", bundle)
        finally:
            pyplot.close("all")
