"""SIGINT: stops the cell, wherever it is, and nothing else.

Between cells the handler does nothing. (It is not SIG_IGN, which children would inherit.)
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import signal
import sys
import threading
import time
from typing import Any, Coroutine, Iterator, Optional

LOOP = asyncio.__path__[0]
SUSPENDS = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


class Interrupts:
    """Turns SIGINT into KeyboardInterrupt, or into the cancellation of an awaiting cell."""

    def __init__(self) -> None:
        self._handler = self._on_sigint  # one object, so that it can be recognized
        self._main = threading.get_ident()
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._task: Optional[asyncio.Task[Any]] = None
        self._open = False
        self._held = 0
        self._pending = False
        self._asked = False
        self.cancelled = False
        self._raised: Optional[KeyboardInterrupt] = None
        self._cell = 0
        self._restore()
        sys.unraisablehook = self._unraisable

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """A cell begins: from here on, KeyboardInterrupt is welcome."""
        self._loop = loop
        self._pending = self._asked = self.cancelled = False
        self._cell += 1
        self._open = True

    def close(self) -> None:
        """The cell has ended; if it left a handler of its own, that ends with it."""
        self._open = False
        self._restore()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """While the main thread does what must not be cut in two, such as sending a frame."""
        if threading.get_ident() != self._main:
            yield
            return
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        if self._pending and not self._held:
            self._pending = False
            if self._open:
                raise KeyboardInterrupt

    async def run(self, coroutine: Coroutine[Any, Any, Any], context: Any = None) -> Any:
        """Run a cell that awaits, as a task that SIGINT cancels while it waits."""
        loop = asyncio.get_running_loop()
        create: Any = loop.create_task
        options = {} if context is None else {"context": context}
        try:
            with self.held():
                self._task = create(coroutine, **options)
            await asyncio.wait({self._task})
            return self._task.result()
        except BaseException:
            if self._task is not None:
                self._task.cancel()  # where it is not what ended
            raise
        finally:
            self._task = None

    def escaped(self) -> None:
        """A KeyboardInterrupt ended the event loop, by way of some other task than the cell's."""
        if self._task is not None:
            self._cancel()

    def _restore(self) -> None:
        if signal.getsignal(signal.SIGINT) is not self._handler:
            signal.signal(signal.SIGINT, self._handler)

    def _on_sigint(self, _signum: int, frame: Any) -> None:
        if not self._open:
            return
        if self._held:
            self._pending = True
        elif self._task is None or self._loop is None or self._is_busy(self._loop, frame):
            self._raised = KeyboardInterrupt()
            raise self._raised
        else:
            self._asked = True
            self._loop.call_soon_threadsafe(self._cancel)

    def _is_busy(self, loop: asyncio.AbstractEventLoop, frame: Any) -> bool:
        """Whether some code keeps the loop from running: a task, or a callback that did not
        even let the last interrupt through. Inside the loop's own functions nothing may be
        raised: a task that was just being scheduled would never run again."""
        if self._asked:
            return True
        code = frame.f_code
        in_loop = code.co_filename.startswith(LOOP) and not code.co_flags & SUSPENDS
        return asyncio.current_task(loop) is not None and not in_loop

    def _unraisable(self, unraisable: Any) -> None:
        """Python swallows what is raised in a finalizer or in a weak reference's callback; an
        interrupt that came just then is given again, once that code is over."""
        if unraisable.exc_value is not None and unraisable.exc_value is self._raised:
            threading.Thread(target=self._again, args=(self._cell,), daemon=True).start()
        else:
            sys.__unraisablehook__(unraisable)

    def _again(self, cell: int) -> None:
        time.sleep(0.005)
        if self._open and self._cell == cell:
            signal.pthread_kill(self._main, signal.SIGINT)

    def _cancel(self) -> None:
        self._asked = False
        if self._task is not None:
            self.cancelled = True
            self._task.cancel()
