"""One execute_request, from its place in the queue to its reply."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from kernel_runner.batch import Batch, BatchError
from kernel_runner.console import Bundle, CellError
from kernel_runner.kernel_console import KernelConsole, Request
from kernel_runner.magics import CommandError, run_cell
from kernel_runner.process.spawner import SpawnError
from kernel_runner.receipt import KEY
from kernel_runner.replies import error_content, unexpected, value_content
from kernel_runner.session_runner import SessionRunner

if TYPE_CHECKING:
    from kernel_runner.kernel import RunnerKernel


class Execution:
    """A cell (or a batch request) as a task."""

    def __init__(self, kernel: RunnerKernel, request: Request) -> None:
        self.kernel = kernel
        self.request = request
        content = request.content
        self.code: Any = content.get("code")
        self.expressions: Any = content.get("user_expressions") or {}
        self.silent = bool(content.get("silent", False))
        self.store_history = bool(content.get("store_history", True)) and not self.silent
        self.stop_on_error = bool(content.get("stop_on_error", True))
        self.allow_stdin = bool(content.get("allow_stdin", True))

    async def run(self) -> None:
        """Run the cell and reply."""
        kernel, request = self.kernel, self.request
        kernel.set_parent(request.ident, request.message, channel="shell")  # type: ignore[no-untyped-call]
        kernel.iopub.send("status", {"execution_state": "busy"}, request.message)
        try:
            content, metadata = await self._reply()
            kernel.reply(request, content, metadata)
        except Exception as error:  # a defect of our own must not end the queue
            kernel.log.exception("A cell could not be answered.")
            content = {
                **error_content(unexpected(error)),
                "execution_count": kernel.execution_count,
            }
            kernel.reply(request, content)
        if content["status"] == "error" and self.stop_on_error and not self.silent:
            kernel.abort_waiting()
        kernel.iopub.send("status", {"execution_state": "idle"}, request.message)

    def abort(self) -> None:
        """A cell before this one has failed: this one is not run."""
        kernel, request = self.kernel, self.request
        kernel.iopub.send("status", {"execution_state": "busy"}, request.message)
        count = kernel.execution_count
        kernel.reply(request, {"status": "aborted", "execution_count": count})
        kernel.iopub.send("status", {"execution_state": "idle"}, request.message)

    async def _reply(self) -> tuple[dict[str, Any], dict[str, Any]]:
        kernel = self.kernel
        if not is_text(self.code) or not isinstance(self.expressions, dict):
            error = CellError.plain(
                "BadMessage",
                "An execute_request needs a text as its code, and an object as user_expressions.",
            )
            return {**error_content(error), "execution_count": kernel.execution_count}, {}
        if self.store_history:
            kernel.execution_count += 1
        if not self.silent:
            inputs = {"code": self.code, "execution_count": kernel.execution_count}
            kernel.iopub.send("execute_input", inputs, self.request.message)
        console = KernelConsole(
            kernel, self.request, kernel.execution_count, self.silent, self.allow_stdin
        )
        async with guarding(console):
            await self._run_in(console)
        console.finish()
        receipt = kernel.runner.receipt
        if console.failure is not None and receipt.exit_code == 0:
            receipt.exit_code = 1
        content: dict[str, Any] = {"execution_count": kernel.execution_count}
        if console.failure is not None:
            content |= error_content(console.failure)
        else:
            content |= {"status": "ok", "payload": self._payload()}
            content["user_expressions"] = await self._user_expressions(console)
        if self.store_history:
            kernel.history.append(kernel.execution_count, self.code)
        return content, {KEY: kernel.runner.receipt.finish()}

    async def _run_in(self, console: KernelConsole) -> None:
        """Run what was asked for; whatever goes wrong is told the console."""
        runner = self.kernel.runner
        runner.prepare(console, self.kernel.execution_count)
        if isinstance(runner, SessionRunner):
            runner.payload = []
            runner.options = {
                "silent": self.silent,
                "store_history": self.store_history,
                "msg_id": self.request.message["header"].get("msg_id", ""),
            }
        try:
            batch = self._batch()
            if batch is not None:
                await runner.run_batch(batch)
            elif self.code.strip():
                await run_cell(runner, self.code, self.kernel.spill_files)
        except (SpawnError, CommandError, BatchError) as error:
            console.error(CellError.plain(type(error).__name__, str(error)))
        except asyncio.CancelledError:
            raise
        except Exception as error:  # a defect of a runner must not end the kernel
            self.kernel.log.exception("A runner failed.")
            console.error(unexpected(error))

    def _batch(self) -> Batch | None:
        wanted = self.request.message.get("metadata", {}).get(KEY)
        if not wanted or self.code.strip():
            return None
        if not isinstance(wanted, dict):
            raise BatchError("A batch request is an object with clean, build, exec and args.")
        return Batch.from_metadata(wanted)

    def _payload(self) -> list[dict[str, Any]]:
        runner = self.kernel.runner
        return runner.payload if isinstance(runner, SessionRunner) else []

    async def _user_expressions(self, console: KernelConsole) -> dict[str, Any]:
        values = {}
        for name, expression in self.expressions.items():
            capture = ValueConsole(console)
            error = await self.kernel.runner.evaluate(str(expression), capture)
            values[name] = value_content(error or capture.failure, capture.value)
        return values


def guarding(console: KernelConsole) -> AbstractAsyncContextManager[object]:
    """Watches, where programs are in a jail, that a task keeps within its limits."""
    runner = console.kernel.runner
    if runner.spawner.enclosure is None:
        return contextlib.nullcontext()
    from kernel_runner.jail.guard import Guard
    from kernel_runner.jail.jail import Jail

    assert isinstance(runner.spawner.enclosure, Jail)
    console.guard = Guard(runner.spawner.enclosure, runner, console)
    return console.guard


def is_text(value: Any) -> bool:
    """Whether this is text that can be sent on: JSON can also spell halves of characters."""
    with contextlib.suppress(AttributeError, UnicodeEncodeError):
        return isinstance(value.encode(), bytes)
    return False


class ValueConsole(KernelConsole):
    """Keeps the value of a user_expression instead of publishing it; all else goes out."""

    def __init__(self, console: KernelConsole) -> None:
        super().__init__(console.kernel, console.request, console.count, silent=True)
        self.value: Bundle = {}

    def result(self, bundle: Bundle, metadata: Mapping[str, Any] | None = None) -> None:
        """Keep the value."""
        self.value = bundle
