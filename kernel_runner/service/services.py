"""The services of one kernel: %service, and the request of that name."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kernel_runner.console import PLAIN, Bundle
from kernel_runner.process.spawner import Spawner
from kernel_runner.service.daemon import HOST, Daemon, http_code
from kernel_runner.service.declaration import Service, ServiceError, load

if TYPE_CHECKING:
    from kernel_runner.runner import BaseRunner

ACTIONS = ("start", "stop", "status")
NOT_FOUND = 404
PUBLISHED = "KERNEL_RUNNER_PUBLISHED"  # in a container: what Network is outside, as JSON


@dataclass(frozen=True, slots=True)
class Network:
    """Where people reach the services.

    proxy: the path of their Jupyter server, if it has jupyter-server-proxy; else nothing.
    ports: in a container, the ports outside that lead to ports in it; else None.
    """

    proxy: str
    ports: Mapping[int, int] | None = None

    @classmethod
    async def find(cls) -> Network:
        """As it is for this kernel."""
        published = os.environ.get(PUBLISHED)
        if published is None:
            return cls(await proxy_base())
        outside = json.loads(published)
        return cls(outside["proxy"], {int(port): to for port, to in outside["ports"].items()})

    def port_of(self, port: int) -> int | None:
        """The port by which people reach a port of ours, if they can."""
        return port if self.ports is None else self.ports.get(port)


class Services:
    """Keeps a daemon for each service that was ever started."""

    def __init__(self, spawner: Spawner) -> None:
        self._spawner = spawner
        self._daemons: dict[str, Daemon] = {}
        self._starting: dict[str, asyncio.Task[None]] = {}

    def find(self, name: str) -> Daemon | None:
        """The service's last daemon."""
        return self._daemons.get(name)

    def names(self) -> list[str]:
        """All that have a daemon."""
        return list(self._daemons)

    async def start(self, service: Service, env: Mapping[str, str], cwd: str) -> None:
        """Start a service where it does not run; returns when it is healthy, whoever started it.

        Raises ServiceError.
        """
        name = service.name
        daemon = self._daemons.get(name)
        if daemon is None or not daemon.alive:
            self._refuse_neighbour(service)
            daemon = self._daemons[name] = Daemon(service, self._spawner)
            self._starting[name] = asyncio.create_task(daemon.start(env, cwd))
            # Each who waits is told of a failure; there may be nobody any more.
            self._starting[name].add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )
        await asyncio.shield(self._starting[name])
        if daemon.state != "running":
            raise ServiceError(f"The service {name} is being stopped.")

    async def stop(self, name: str) -> None:
        """Stop a service; returns when it has ended. Raises ServiceError where it is not there."""
        daemon = self._daemons.get(name)
        if daemon is None or not daemon.alive:
            raise ServiceError(f"The service {name} does not run.")
        await asyncio.wait({daemon.stop(), self._starting[name]})

    def _refuse_neighbour(self, service: Service) -> None:
        """See that no other service is about to listen at the same port. Raises ServiceError."""
        for name, other in self._daemons.items():
            if name != service.name and other.alive and service.port and other.port == service.port:
                raise ServiceError(
                    f"The service {service.name} cannot have the port {service.port}: "
                    f"the service {name} has it."
                )


@dataclass(frozen=True, slots=True)
class Start:
    """The wait for a service: an interrupt ends it, and the service with it."""

    services: Services
    name: str

    def interrupt(self) -> None:
        """Stop the service, if it is still being started."""
        daemon = self.services.find(self.name)
        if daemon is not None and daemon.state == "starting":
            daemon.stop()


async def carry_out(runner: BaseRunner, action: Any, name: Any) -> list[dict[str, Any]]:
    """Start or stop a service, or tell of one, or of all for an empty name; what is told of each.

    name, state ("starting", "running", "stopped" or "ended"), ending (how), port, url, and proxy
    (the path on the Jupyter server); of one also log (the end of its output). Raises ServiceError.
    """
    if action not in ACTIONS or not isinstance(name, str):
        raise ServiceError(f"A service request has an action ({', '.join(ACTIONS)}) and a name.")
    file = Path(runner.cwd, os.path.expanduser(runner.services_file))
    declared = load(file) if action != "stop" else {}  # which may have changed meanwhile
    known = list(dict.fromkeys([*declared, *runner.services.names()]))
    if action == "status" and not name:
        network = await Network.find()
        return [told(runner.services, each, network) for each in known]
    if name not in known or (action == "start" and name not in declared):
        there = ", ".join(known[:10]) or "none"
        raise ServiceError(f"There is no service {name!r:.50}; there are {there}.")
    if action == "start":
        await runner.start_service(declared[name])
    elif action == "stop":
        await runner.services.stop(name)
    daemon = runner.services.find(name)
    log = daemon.log.text if daemon is not None else ""
    return [{**told(runner.services, name, await Network.find()), "log": log}]


def told(services: Services, name: str, network: Network) -> dict[str, Any]:
    """What is told of a service."""
    daemon = services.find(name)
    state, ending = (daemon.state, daemon.ending) if daemon is not None else ("stopped", "")
    port = daemon.port if daemon is not None else None
    reached = network.port_of(port) if state == "running" and port is not None else None
    return {
        "name": name,
        "state": state,
        "ending": ending,
        "port": port,
        "url": f"http://{HOST}:{reached}/" if reached else "",
        "proxy": f"{network.proxy}proxy/{reached}/" if reached and network.proxy else "",
    }


async def proxy_base() -> str:
    """Our Jupyter server's base path, if it has jupyter-server-proxy; else nothing."""
    from jupyter_core.paths import jupyter_runtime_dir

    # As the server itself writes it, for whoever starts us sets the variable.
    name = f"jpserver-{os.environ.get('JPY_PARENT_PID', '')}.json"
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        server = json.loads(Path(jupyter_runtime_dir(), name).read_text(encoding="utf-8"))
        # Who is not logged in is told so by the proxy; only without one there is no such page.
        if await http_code(f"{server['url']}server-proxy/servers-info") != NOT_FOUND:
            return str(server["base_url"])
    return ""


def bundle(entries: list[dict[str, Any]]) -> Bundle:
    """What is told of services, for people."""
    from html import escape

    lines, rows = [], []
    for entry in entries:
        places = [place for place in (entry["proxy"], entry["url"]) if place]
        state = entry["ending"] if entry["state"] == "ended" else entry["state"]
        lines.append("  ".join([entry["name"], state, *places]))
        links = " ".join(
            f'<a href="{escape(place)}" target="_blank">{escape(place)}</a>' for place in places
        )
        cells = (escape(entry["name"]), escape(state), links)
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return {PLAIN: "\n".join(lines), "text/html": f"<table>{table}</table>"}
