"""What a service is, as a services.yml or an image's label declares it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kernel_runner.documents import NotYaml, document_in

NAME = r"[A-Za-z0-9][\w.-]*"
MOST_BYTES = 1 << 20  # of a file of declarations
MOST_PORT = (1 << 16) - 1
LABEL = "kernel_runner.services"  # of an image: what each kernel in it has
VARIABLE = "KERNEL_RUNNER_SERVICES"  # by which that comes to the kernel


class ServiceError(Exception):
    """A service is not as it should be; the message is a sentence. log: what it wrote last."""

    def __init__(self, sentence: str, log: str = "") -> None:
        super().__init__(sentence)
        self.log = log


@dataclass(frozen=True, slots=True)
class Health:
    """How a service shows that it serves, and the seconds that it has for that.

    http: a path on its port that answers with a code below 400; command: for the shell, which
    ends with 0; neither: its port takes connections, and without a port it serves at once.
    """

    http: str = ""
    command: str = ""
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Service:
    """A daemon beside the kernel, as start_service takes it.

    command: for the shell; it finds its port in the variable PORT. port: None has none, and for
    0 a free one is chosen.
    """

    name: str
    command: str
    port: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    health: Health = field(default_factory=Health)

    @classmethod
    def from_declaration(cls, name: Any, declared: Any) -> Service:
        """From what a file says of it. Raises ServiceError."""
        if not isinstance(name, str) or not re.fullmatch(NAME, name):
            raise ServiceError("A service's name has letters, digits, dots, dashes and _ only.")
        values = known(f"The service {name}", declared, cls)
        values.pop("name", None)
        if not is_command(values.get("command")):
            raise ServiceError(f"The service {name} needs a command, a text for the shell.")
        port = values.get("port")
        if port is not None and not (is_number(port, int) and 0 <= port <= MOST_PORT):
            raise ServiceError(f"The port of {name} is a number up to {MOST_PORT}, or 0 for any.")
        values["environment"] = variables(name, values.get("environment") or {})
        values["health"] = health(name, values.get("health") or {}, port)
        return cls(name, **values)


def load(path: Path) -> dict[str, Service]:
    """The services that a file declares, by name, and those of the variable that it does not.

    Raises ServiceError for the first mistake, and where neither is there.
    """
    more = os.environ.get(VARIABLE)
    if more is None:
        return services_in(str(path), read(path))
    services = services_in(f"The variable {VARIABLE}", os.fsencode(more))
    return {**services, **services_in(str(path), read(path))} if path.exists() else services


def services_in(source: str, text: bytes) -> dict[str, Service]:
    """The services of a YAML document, by name; source: what has it. Raises ServiceError."""
    if len(text) > MOST_BYTES:
        raise ServiceError(f"{source} is too large to declare services.")
    try:
        declared = document_in(text)
    except NotYaml as error:
        raise ServiceError(f"{source}{error}") from error
    if not isinstance(declared, dict):
        raise ServiceError(f"{source} has no services: it is to map a name to each one's command.")
    try:
        services = [Service.from_declaration(*item) for item in declared.items()]
    except ServiceError as error:
        raise ServiceError(f"{source} cannot be used: {error}") from error
    return {service.name: service for service in services}


def read(path: Path) -> bytes:
    """A file's beginning, and a byte more than it may have. Raises ServiceError."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise ServiceError(f"There are no services: {path} would declare them.") from error
    except OSError as error:
        raise ServiceError(f"{path} cannot be read: {error.strerror}.") from error


def known(what: str, declared: Any, class_: type[Service | Health]) -> dict[str, Any]:
    """A declaration's keys and values. Raises ServiceError for a key that there is not."""
    names = [name for name in class_.__dataclass_fields__ if name != "name"]
    if not isinstance(declared, dict):
        raise ServiceError(f"{what} is to have {', '.join(names)}.")
    strange = [name for name in declared if name not in names]
    if strange:
        raise ServiceError(f"{what} has {', '.join(names)}, not {strange[0]!r:.50}.")
    return dict(declared)


def variables(name: str, declared: Any) -> dict[str, str]:
    """Environment variables. Raises ServiceError."""
    if not isinstance(declared, dict):
        raise ServiceError(f"The environment of {name} maps names to values.")
    for variable, value in declared.items():
        if not isinstance(variable, str) or not variable or re.search(r"[=\0]", variable):
            raise ServiceError(f"The environment of {name} has a name that is none.")
        if not is_number(value, int | float) and not (isinstance(value, str) and "\0" not in value):
            raise ServiceError(f"{variable} in the environment of {name} is a text or a number.")
    return {variable: str(value) for variable, value in declared.items()}


def health(name: str, declared: Any, port: int | None) -> Health:
    """A health check. Raises ServiceError."""
    what = f"The health check of {name}"
    values = known(what, declared, Health)
    if "http" in values and "command" in values:
        raise ServiceError(f"{what} is http or command, not both.")
    path = values.get("http", "/")
    if not isinstance(path, str) or not re.fullmatch(r"/[!-~]*", path):
        raise ServiceError(f"{what} by http needs a path that begins with /.")
    if "http" in values and port is None:
        raise ServiceError(f"{what} is by http, and the service has no port.")
    if "command" in values and not is_command(values["command"]):
        raise ServiceError(f"{what} needs a text for the shell as its command.")
    timeout = values.get("timeout", 1)
    if not is_number(timeout, int | float) or not 0 < timeout < float("inf"):
        raise ServiceError(f"{what} has a number of seconds as its timeout.")
    return Health(**values)


def is_command(value: Any) -> bool:
    """Whether a shell could run this."""
    return isinstance(value, str) and bool(value.strip()) and "\0" not in value


def is_number(value: Any, type_: Any) -> bool:
    """Whether this is a number; for Python, true and false are some."""
    return isinstance(value, type_) and not isinstance(value, bool)
