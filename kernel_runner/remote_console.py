"""jupyter console on a kernel that runs already, encrypted or not.

Its own ``--existing`` makes a client without the connection file's CurveZMQ keys (up to
jupyter_client 8.10), and finds no encrypted kernel.
"""

from __future__ import annotations

from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_console.app import ZMQTerminalIPythonApp


class FileClient(BlockingKernelClient):
    """A client with all that its connection file says."""

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.load_connection_file()


class RemoteConsole(ZMQTerminalIPythonApp):  # type: ignore[misc]
    """jupyter console, with such a client."""

    kernel_client_class = FileClient


def open_console(file: str) -> None:
    """Talk to the kernel of a connection file until the person leaves."""
    RemoteConsole.launch_instance(["--existing", file])
