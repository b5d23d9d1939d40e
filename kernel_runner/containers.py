"""Kernels in containers: a connection file for one that runs, and a container for each kernel.

A kernelspec of ``install --container`` runs ``python -m kernel_runner.containers ENGINE IMAGE
LANGUAGE -f CONNECTION_FILE``: the container lives as long as that process.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_runtime_dir, secure_write

from kernel_runner.app import leaving_with
from kernel_runner.service.daemon import free_port
from kernel_runner.service.declaration import LABEL, VARIABLE, ServiceError, services_in
from kernel_runner.service.services import PUBLISHED, proxy_base

ENGINES = ("podman", "docker")
START = "/usr/local/lib/kernel-runner/start"
FILE = "/connection/kernel.json"
# Where the images' kernels listen.
PORTS = {
    "shell_port": 5501,
    "iopub_port": 5502,
    "stdin_port": 5503,
    "control_port": 5504,
    "hb_port": 5505,
}
# Nothing that a kernel could need is missing from a container that was started so.
SAFE = (
    "--rm", "--init", "--cap-drop=ALL", "--security-opt=no-new-privileges",
    "--security-opt=unmask=/proc/*", "--read-only", "--tmpfs=/tmp:exec", "--tmpfs=/var/tmp:exec",
    "--pids-limit=2048",
)  # fmt: skip
# What a language needs beyond that: GCL, Maxima's Lisp, needs personality(2).
OPTIONS = {"maxima": ("--security-opt=seccomp=unconfined",)}
GRACE = 2  # seconds between SIGTERM and SIGKILL, when a container is stopped
WRONG_USE = 2


class ContainerError(Exception):
    """A container cannot be used; the message is a sentence."""


def find_engine(name: str = "") -> str:
    """The engine of that name, or the first that is there. Raises ContainerError."""
    found = next((each for each in ([name] if name else ENGINES) if shutil.which(each)), None)
    if found is None:
        names = name or " or ".join(ENGINES)
        raise ContainerError(
            f"Containers need {names}, which is not there: `apt-get install podman` brings one."
        )
    return found


def connect(container: str, engine: str = "", file: str = "") -> Path:
    """Write a connection file for clients outside of a container; where it is.

    file: empty, for one in Jupyter's runtime directory. Raises ContainerError and OSError.
    """
    engine = find_engine(engine)
    told = json.loads(_ask(engine, container, "exec", container, "cat", FILE))
    for name in PORTS:
        address = _ask(engine, container, "port", container, f"{told[name]}/tcp").splitlines()[0]
        host, _, port = address.rpartition(":")
        told["ip"] = "127.0.0.1" if host in ("0.0.0.0", "[::]", "") else host
        told[name] = int(port)
    path = Path(file or os.path.join(jupyter_runtime_dir(), f"kernel-{container}.json"))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with secure_write(str(path)) as written:
        json.dump(told, written, indent=2)
    return path


def _ask(engine: str, container: str, *words: str) -> str:
    done = _run(engine, *words)
    if done.returncode or not done.stdout.strip():
        raise ContainerError(f"{container} has no kernel to connect to: {_reason(done)}.")
    return done.stdout


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False)


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or ["it answers nothing"])[-1].rstrip(".")


async def run(engine: str, image: str, language: str, connection_file: str) -> int:
    """Run a kernel in a container of its own, with the current directory as its; its exit code.

    Raises ContainerError, ServiceError and OSError.
    """
    engine = find_engine(engine)
    told = json.loads(Path(connection_file).read_text(encoding="utf-8"))
    services = await services_of(engine, image, told["ip"])
    name = f"kernel-runner-{secrets.token_hex(6)}"
    with tempfile.TemporaryDirectory() as folder, removing(engine, name):
        write_inner(Path(folder), told)
        command = command_of(engine, image, language, name, folder, told, services)
        process = await asyncio.create_subprocess_exec(*command, start_new_session=True)
        stopping: list[asyncio.Task[None]] = []

        def stop() -> None:
            if not stopping:
                stopping.append(asyncio.create_task(_stop(engine, name)))

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop)
        # Interrupts come as messages; a terminal's Ctrl-C is the client's.
        loop.add_signal_handler(signal.SIGINT, lambda: None)
        with leaving_with(os.environ.get("JPY_PARENT_PID", ""), stop):
            return await process.wait()


async def _stop(engine: str, name: str) -> None:
    words = (engine, "stop", "--time", str(GRACE), name)
    process = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.DEVNULL)
    await process.wait()


def write_inner(folder: Path, told: dict[str, Any]) -> None:
    """The connection file as the kernel inside has it: the keys, and ports of its own."""
    inner = {**told, "ip": "0.0.0.0", **PORTS}
    with secure_write(str(folder / Path(FILE).name)) as file:
        json.dump(inner, file)


async def services_of(engine: str, image: str, ip: str) -> list[str]:
    """The options with which a container's kernel has the services that its image declares.

    Those with a port of their own are reached by a free one on the address ``ip``.
    Raises ContainerError and ServiceError.
    """
    declared = label_of(engine, image)
    if not declared:
        return []
    services = services_in(f"The label {LABEL} of {image}", declared.encode())
    ports = {service.port: free_port() for service in services.values() if service.port}
    outside = json.dumps({"proxy": await proxy_base(), "ports": ports})
    published = [f"--publish={ip}:{port}:{inner}" for inner, port in ports.items()]
    return [f"--env={VARIABLE}={declared}", f"--env={PUBLISHED}={outside}", *published]


def label_of(engine: str, image: str) -> str:
    """What an image says of services; it is pulled if need be. Raises ContainerError."""
    form = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    look = (engine, "image", "inspect", "--format", form, image)
    done = _run(*look)
    if done.returncode:
        pulled = _run(engine, "pull", "--quiet", image)
        if pulled.returncode:
            raise ContainerError(f"The image {image} cannot be had: {_reason(pulled)}.")
        done = _run(*look)
    return done.stdout.strip()


def command_of(
    engine: str,
    image: str,
    language: str,
    name: str,
    folder: str,
    told: dict[str, Any],
    services: Sequence[str],
) -> list[str]:
    """The command that runs the container."""
    published = [f"--publish={told['ip']}:{told[port]}:{PORTS[port]}" for port in PORTS]
    # Its ports are published on the address that Jupyter chose, and reached by nobody else.
    encryption = "--transport-encryption=required" if "curve_publickey" in told else "--insecure"
    return [
        engine, "run", *SAFE, *OPTIONS.get(language, ()), f"--name={name}",
        f"--user={os.getuid()}:{os.getgid()}",
        *(["--userns=keep-id"] if engine == "podman" and os.getuid() else []),
        *published, *services, f"--volume={folder}:{Path(FILE).parent}",
        f"--volume={os.getcwd()}:/work", image, "sh", START, language, encryption,
    ]  # fmt: skip


@contextlib.contextmanager
def removing(engine: str, name: str) -> Iterator[None]:
    """In this context there may be a container of that name, and after it there is none.

    Even where we are killed: somebody else waits for our end, and sees to it.
    """
    ours, theirs = os.pipe()
    remove = (engine, "rm", "--force", "--volumes", name)
    with open(ours, "rb") as end:
        waiting = subprocess.Popen(
            ["/bin/sh", "-c", 'read _; exec "$@"', "sh", *remove],
            stdin=end, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        os.close(theirs)
        waiting.wait()


def main(arguments: Sequence[str]) -> int:
    """ENGINE IMAGE LANGUAGE -f CONNECTION_FILE"""
    engine, image, language, _, connection_file = arguments
    try:
        return asyncio.run(run(engine, image, language, connection_file))
    except (ContainerError, ServiceError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return WRONG_USE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
