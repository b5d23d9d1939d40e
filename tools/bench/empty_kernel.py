"""A kernel on our own kernel's base class whose cells do nothing: the least that one can cost."""

from __future__ import annotations

from typing import Any

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class EmptyKernel(Kernel):
    """Answers every cell at once."""

    implementation = "empty"
    implementation_version = "1"
    banner = "empty"
    language_info = {  # noqa: RUF012 # as the base class declares it
        "name": "text",
        "mimetype": "text/plain",
        "file_extension": ".txt",
    }

    async def do_execute(self, code: str, silent: bool, *args: Any, **more: Any) -> dict[str, Any]:
        """Nothing."""
        return {
            "status": "ok",
            "execution_count": self.execution_count,
            "payload": [],
            "user_expressions": {},
        }


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=EmptyKernel)
