"""What a cell prints is seen while it goes on computing in silence, however much came before."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from client import Kernel

SECONDS = 1.0  # from the print to the client: the machine may be busy
# Prints many lines, then the seconds since 1970 in brackets and no newline, and never ends.
CELLS = {
    "java": "for (int i = 0; i < 5000; i++) System.out.println(i);\n"
    'System.out.print("[" + System.currentTimeMillis() / 1e3 + "]");\nwhile (true) {}',
    "nodejs": "for (let i = 0; i < 5000; i++) console.log(i);\n"
    "process.stdout.write(`[${Date.now() / 1000}]`);\nfor (;;);",
}


@pytest.mark.parametrize("language", CELLS)
def test_text_before_a_silent_computation_is_live(
    shared: Callable[[str], Kernel], language: str
) -> None:
    client = shared(language).client
    running = client.execute(CELLS[language])
    client.until(running, "]")
    now = time.time()
    lines, _, seconds = running.stdout.partition("[")
    assert lines.split() == [str(i) for i in range(5000)]
    assert now - float(seconds.rstrip("]")) < SECONDS
    client.interrupt()
    assert client.finish(running).status == "error"
