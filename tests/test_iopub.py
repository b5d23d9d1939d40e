"""IOPub: what clients hear, whenever they begin to listen."""

from __future__ import annotations

from pathlib import Path

from client import TIMEOUT, Manager
from jupyter_client.blocking.client import BlockingKernelClient


def test_the_first_client_hears_the_first_cell_though_it_listens_late(tmp_path: Path) -> None:
    manager = Manager(connection_file=str(tmp_path / "kernel.json"))
    manager.argv = ["python3", "-m", "kernel_runner", "bash", "-f", "{connection_file}"]
    manager.start_kernel()
    client: BlockingKernelClient = manager.client()
    try:
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        sent = client.execute("echo early")
        assert client.get_shell_msg(timeout=TIMEOUT)["content"]["status"] == "ok"
        client.iopub_channel.start()
        heard = []
        while not heard or heard[-1]["content"].get("execution_state") != "idle":
            heard.append(client.get_iopub_msg(timeout=TIMEOUT))
            if heard[-1]["parent_header"].get("msg_id") not in (sent, None):
                heard.pop()
        types = [message["msg_type"] for message in heard]
        assert types[0] == "iopub_welcome"
        assert types[-4:] == ["status", "execute_input", "stream", "status"]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
