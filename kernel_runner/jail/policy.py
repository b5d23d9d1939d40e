"""Policies: what a kernel, and the programs that it starts, may do and use."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from kernel_runner.documents import NotYaml, document_in

SHIPPED = Path(__file__).parent / "policies"
UNITS = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

SIZE = {"type": ["integer", "string"], "minimum": 1, "pattern": r"^[1-9]\d* ?(KiB|MiB|GiB)$"}
COUNT = {"type": "integer", "minimum": 1}
SECONDS = {"type": "number", "exclusiveMinimum": 0}
PATHS = {"type": "array", "items": {"type": "string", "pattern": r"^(/|~(/|$))"}}
PART = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "namespaces": {"type": "boolean"},
        "network": {"enum": ["none", "loopback", "full"]},
        "read": PATHS,
        "hide": PATHS,
        "write": PATHS,
        "work": {"enum": ["none", "read", "write"]},
        "environment": {"type": "array", "items": {"type": "string"}},
        "background": {"type": "boolean"},
        "limits": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "memory": SIZE,
                "processes": COUNT,
                "files": COUNT,
                "file_size": SIZE,
                "space": SIZE,
                "output": SIZE,
                "cpu": SECONDS,
                "wall": SECONDS,
            },
        },
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["program"],
    "properties": {"degrade": {"type": "boolean"}, "kernel": PART, "program": PART},
}


class PolicyError(Exception):
    """A policy can't be used; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be used; None: as much as there is.

    memory: bytes, of all processes together. processes: how many at once, threads included.
    files: how many a process may have open. file_size: bytes of one file. space: bytes in each
    private folder (home, /tmp, /dev/shm). output: bytes that a cell may write to its stdout and
    stderr. cpu and wall: seconds that a cell may take.
    """

    memory: int | None = None
    processes: int | None = None
    files: int | None = None
    file_size: int | None = None
    space: int | None = None
    output: int | None = None
    cpu: float | None = None
    wall: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What one side of a policy allows: the kernel's, or the programs'.

    namespaces: false does without user namespaces, with Landlock and seccomp alone. read, write,
    hide: absolute paths; of two the longer one holds, and nothing else can be seen. environment:
    names (with *) of the kernel's variables that a program gets; None: all. background: whether
    what a cell leaves running may outlive it.
    """

    namespaces: bool = True
    network: Literal["none", "loopback", "full"] = "none"
    read: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    work: Literal["none", "read", "write"] = "write"
    environment: tuple[str, ...] | None = None
    background: bool = True
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, and the file that it is from.

    degrade: where the machine can't give what the policy asks for, do without it, and say so;
    else that is an error.
    """

    path: Path
    degrade: bool
    kernel: Part
    program: Part


def load(name: str) -> Policy:
    """The policy that is shipped under a name, or that is in a file. Raises PolicyError."""
    path = policy_file(name)
    document = read_yaml(path)
    check(path, document)
    kernel, program = document.get("kernel"), document["program"]
    parts = [part(Part(network="full", read=("/",)), kernel or {}), part(Part(), program)]
    return Policy(path, document.get("degrade", False), *parts)


def policy_file(name: str) -> Path:
    """Where a policy is. Raises PolicyError."""
    shipped = SHIPPED / f"{name}.yml"
    if os.sep not in name and shipped.exists():
        return shipped
    path = Path(name).expanduser().absolute()
    if path.is_file():
        return path
    names = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yml")))
    raise PolicyError(f"There is no policy {name}: give a file, or one of {names}.")


def read_yaml(path: Path) -> Any:
    """A file's document. Raises PolicyError."""
    try:
        return document_in(path.read_bytes())
    except OSError as error:
        raise PolicyError(f"The policy {path} cannot be read: {error.strerror}.") from error
    except NotYaml as error:
        raise PolicyError(f"The policy {path}{error}") from error


def check(path: Path, document: Any) -> None:
    """See that a document is a policy. Raises PolicyError for the first thing that is not."""
    try:
        from fastjsonschema import JsonSchemaValueException
    except ImportError as error:
        raise PolicyError(
            "A jail needs fastjsonschema: `pip install 'kernel-runner[jail]'` brings it."
        ) from error
    try:
        validator()(document)
    except JsonSchemaValueException as error:
        raise PolicyError(f"The policy {path} cannot be used: {told(error)}.") from error


@cache
def validator() -> Callable[[Any], Any]:
    """Checks a document by the schema; made once, for each of many jobs reads its policy."""
    import fastjsonschema

    validate: Callable[[Any], Any] = fastjsonschema.compile(SCHEMA)
    return validate


def told(error: Any) -> str:
    """What is wrong in a document, and where."""
    where = ".".join(error.path[1:]) or "it"
    value, definition, wanted = error.value, error.definition, error.rule_definition
    match error.rule:
        case "additionalProperties":
            known = definition["properties"]
            strange = next(key for key in value if key not in known)
            return f"{where} has no {strange!r}, only {', '.join(known)}"
        case "required":
            return f"{where} lacks {next(key for key in wanted if key not in value)!r}"
        case "enum":
            what = f"not one of {', '.join(wanted)}"
        case "type":
            what = f"not of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}"
        case "pattern":
            is_size = definition["pattern"] == SIZE["pattern"]
            what = f"not {'a size such as 512 MiB' if is_size else 'an absolute path'}"
        case _:
            what = "not more than 0"
    return f"{where} is {value!r}, {what}"


def part(base: Part, document: Mapping[str, Any]) -> Part:
    """One side of a policy, with what the document leaves out taken from ``base``."""
    values = {name: getattr(base, name) for name in Part.__slots__} | dict(document)
    for name in ("read", "hide", "write"):
        values[name] = tuple(os.path.normpath(os.path.expanduser(path)) for path in values[name])
    if values["environment"] is not None:
        values["environment"] = tuple(values["environment"])
    if "limits" in document:
        limits = {name: amount(value) for name, value in document["limits"].items()}
        values["limits"] = Limits(**limits)
    return Part(**values)


def amount(value: float | str) -> Any:
    """A limit's value; a size in bytes."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"(\d+) ?(\w+)", value)
    assert found is not None
    return int(found[1]) * UNITS[found[2]]


def size(value: int) -> str:
    """A size in bytes as a person reads it."""
    for unit, factor in reversed(UNITS.items()):
        if value % factor == 0 and value >= factor:
            return f"{value // factor} {unit or 'bytes'}"
    return str(value)
