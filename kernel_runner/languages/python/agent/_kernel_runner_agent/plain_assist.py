"""Completion, inspection and is-complete for plain Python. None of it runs the person's code:
attributes are looked up statically."""

from __future__ import annotations

import builtins
import codeop
import contextlib
import inspect
import keyword
import pkgutil
import re
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

if TYPE_CHECKING:
    from .bundles import Bundle

DOTTED = re.compile(r"[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*$")
ENDING = re.compile(r"(?:(?P<owner>[^\W\d]\w*(?:\.[^\W\d]\w*)*)\.)?(?P<start>\w*)$")
IMPORT = re.compile(r"^\s*(?:import|from)\s+(?:[\w.]+\s*,\s*)*(?P<path>[\w.]*)$")
FROM = re.compile(r"^\s*from\s+(?P<module>[\w.]+)\s+import\s+(?:[\w]+\s*,\s*)*\w*$")
CALL = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*\([^()]*$")


def complete(namespace: Dict[str, Any], code: str, offset: int) -> Tuple[int, int, List[str]]:
    """Names, attributes and modules that may stand before ``offset``."""
    line = code[:offset].rpartition("\n")[2]
    ending = ENDING.search(line)
    assert ending is not None
    start = ending.group("start")
    found = [name for name in _candidates(namespace, line, ending) if name.startswith(start)]
    if not start.startswith("_"):
        found = [name for name in found if not name.startswith("_")]
    return offset - len(start), offset, sorted(set(found))


def _candidates(namespace: Dict[str, Any], line: str, ending: Any) -> List[str]:
    imports = IMPORT.match(line)
    if imports:
        return _modules(imports.group("path").rpartition(".")[0])
    origin = FROM.match(line)
    if origin:
        module = sys.modules.get(origin.group("module"))
        return _modules(origin.group("module")) + (_names(module) if module else [])
    owner = ending.group("owner")
    if owner:
        return _names(look_up(namespace, owner))
    if line[: ending.start()].endswith("."):  # an attribute of what is not a plain name
        return []
    return [*list(namespace), *dir(builtins), *keyword.kwlist]


def _modules(package: str) -> List[str]:
    if not package:
        return [module.name for module in pkgutil.iter_modules()] + list(sys.builtin_module_names)
    found = sys.modules.get(package)
    path = getattr(found, "__path__", None)
    return [module.name for module in pkgutil.iter_modules(path)] if path else []


def _names(value: Any) -> List[str]:
    if isinstance(value, type):
        return list(type.__dir__(value))
    if isinstance(value, types.ModuleType):
        return list(vars(value))
    return list(object.__dir__(value))


def look_up(namespace: Dict[str, Any], dotted: str) -> Any:
    """The value of ``a.b.c``. Raises LookupError or AttributeError where finding it would run
    code, such as a property's."""
    first, *rest = re.split(r"\s*\.\s*", dotted)
    value = namespace[first] if first in namespace else vars(builtins)[first]
    for name in rest:
        value = inspect.getattr_static(value, name)
        if isinstance(value, (staticmethod, classmethod)):
            value = value.__func__
        elif isinstance(value, (property, types.MemberDescriptorType)):
            raise LookupError(name)
    return value


def inspect_name(namespace: Dict[str, Any], code: str, offset: int, detail: int) -> Bundle:
    """Signature, kind and documentation of the name at ``offset`` (or of the function whose
    arguments are being typed there); with ``detail`` the source too."""
    rest = re.match(r"\w*", code[offset:])
    name = DOTTED.search(code[:offset] + (rest.group() if rest else ""))
    call = CALL.search(code[:offset])
    for found in (name.group() if name else "", call.group(1) if call else ""):
        try:
            value = look_up(namespace, found)
        except (LookupError, AttributeError):
            continue
        return {"text/plain": _describe(found, value, detail)}
    return {}


def _describe(name: str, value: Any, detail: int) -> str:
    parts = []
    if callable(value):
        with contextlib.suppress(ValueError, TypeError):
            parts.append(f"Signature: {name}{inspect.signature(value)}")
    parts.append(f"Type:      {type(value).__name__}")
    if isinstance(value, (int, float, complex, str, bytes, list, tuple, dict, set)):
        shown = repr(value)
        parts.append(f"Value:     {shown if len(shown) < 500 else shown[:500] + '...'}")
    source = _source(value) if detail else ""
    document = inspect.getdoc(value)
    if source:
        parts.append(f"Source:\n{source}")
    elif document:
        parts.append(f"Docstring:\n{document}")
    return "\n".join(parts)


def _source(value: Any) -> str:
    try:
        return inspect.getsource(value)
    except (OSError, TypeError):
        return ""


def is_complete(code: str, flags: int) -> Tuple[str, str]:
    """Whether a console would run ``code`` now, and how the next line would be indented."""
    compiler: Any = codeop.Compile()
    compiler.flags |= flags
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = codeop._maybe_compile(compiler, code, "<cell>", "exec")  # type: ignore[attr-defined]
    except (SyntaxError, OverflowError, ValueError):
        return "invalid", ""
    lines = code.splitlines() or [""]
    indent = lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())]
    opens = lines[-1].rstrip().endswith(":")
    if compiled is None:
        return "incomplete", indent + "    " if opens else indent
    # A block may go on until an empty line ends it.
    return ("incomplete", indent) if indent and len(lines) > 1 else ("complete", "")
