"""Comms: messages between the front end and Python objects such as ipywidgets.

They are those of the ``comm`` package, where the interpreter has it.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Dict, Optional

from .bundles import to_json

if TYPE_CHECKING:
    from .agent import Agent
    from .wire import Frame

LETTERS = {"comm_open": "O", "comm_msg": "M", "comm_close": "L"}
NAMES = {letter: name for name, letter in LETTERS.items()}


class Comms:
    """Brings the kernel's O, M and L frames to the comm manager, and sends those of Python."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self.manager: Any = None
        try:
            import comm
        except ImportError:
            return
        self.manager = comm.base_comm.CommManager()
        package: Any = comm
        package.create_comm = _comm_class(agent, comm.base_comm.BaseComm)
        package.get_comm_manager = lambda: self.manager

    def handle(self, frame: Frame) -> None:
        """Evaluate an O, M or L frame."""
        opens = frame.type == "O"
        if self.manager is None:
            if opens:
                self._agent.send("L", frame.text(0), "{}", "{}", flush=False)
            return
        first = 2 if opens else 1
        metadata = json.loads(frame.text(first + 1) or "{}")
        content = {"comm_id": frame.text(0), "data": json.loads(frame.text(first) or "{}")}
        if opens:
            content["target_name"] = frame.text(1)
        header = {"msg_type": NAMES[frame.type], "msg_id": metadata.get("msg_id", "")}
        self._agent.parent = {"header": header}
        message = {
            "header": header,
            "parent_header": {},
            "content": content,
            "metadata": metadata,
            "buffers": [memoryview(field) for field in frame.fields[first + 2 :]],
        }
        getattr(self.manager, NAMES[frame.type])(None, None, message)


def _comm_class(agent: Agent, base: Any) -> Any:
    class Comm(base):  # type: ignore[misc]
        """A comm whose messages are frames."""

        def publish_msg(
            self,
            msg_type: str,
            data: Optional[Dict[str, Any]] = None,
            metadata: Optional[Dict[str, Any]] = None,
            buffers: Any = None,
            **keys: Any,
        ) -> None:
            """Send a comm_open, comm_msg or comm_close."""
            target = [keys.get("target_name") or ""] if msg_type == "comm_open" else []
            agent.send(
                LETTERS[msg_type],
                self.comm_id,
                *target,
                to_json(data or {}),
                to_json(metadata or {}),
                *(bytes(buffer) for buffer in buffers or ()),
                flush=False,
            )

        def handle_msg(self, msg: Dict[str, Any]) -> None:
            """Call the comm's callback; the base class would import IPython for that."""
            if "IPython" in sys.modules:
                super().handle_msg(msg)
            elif self._msg_callback:
                self._msg_callback(msg)

    return Comm
