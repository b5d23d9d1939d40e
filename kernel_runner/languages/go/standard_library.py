"""The packages of Go's standard library, by the names that code calls them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

# Where several have a name: what it stands for unless a member tells.
PREFERRED = {
    "pprof": "runtime/pprof",
    "rand": "math/rand",
    "scanner": "text/scanner",
    "template": "text/template",
}
BY_MEMBER = {
    ("rand", "Int32N"): "math/rand/v2",
    ("rand", "Int64N"): "math/rand/v2",
    ("rand", "IntN"): "math/rand/v2",
    ("rand", "N"): "math/rand/v2",
    ("rand", "NewPCG"): "math/rand/v2",
    ("rand", "UintN"): "math/rand/v2",
    ("rand", "Prime"): "crypto/rand",
    ("rand", "Reader"): "crypto/rand",
    ("rand", "Text"): "crypto/rand",
    ("scanner", "ErrorList"): "go/scanner",
    ("template", "CSS"): "html/template",
    ("template", "HTML"): "html/template",
    ("template", "JS"): "html/template",
    ("template", "URL"): "html/template",
}
OURS = {
    "display": "kernel_runner/display",
    "gonbui": "github.com/janpfeifer/gonb/gonbui",
}
HIDDEN = frozenset({"builtin", "cmd", "internal", "testdata", "vendor"})
VERSION = re.compile(r"v\d+")


class StandardLibrary:
    """The packages of one installed Go; goroot is its folder."""

    def __init__(self, goroot: str) -> None:
        self.paths = frozenset(packages(Path(goroot, "src")))
        self._by_name: dict[str, str] = {}
        for path in sorted(self.paths, key=lambda path: (-path.count("/"), path)):
            self._by_name[package_name(path)] = path
        self._by_name |= {n: path for n, path in PREFERRED.items() if path in self.paths}
        self._by_name |= OURS

    def find(self, name: str, members: set[str]) -> str | None:
        """The package that code means by a name, of which it uses these members."""
        for member in sorted(members):
            path = BY_MEMBER.get((name, member))
            if path in self.paths:
                return path
        return self._by_name.get(name)


def packages(folder: Path, prefix: str = "") -> Iterator[str]:
    """The import paths of the packages in a folder."""
    has_code = False
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir():
            if entry.name not in HIDDEN and not entry.name.startswith("_"):
                yield from packages(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.name.endswith(".go") and not entry.name.endswith("_test.go"):
            has_code = True
    if has_code and prefix:
        yield prefix.rstrip("/")


def package_name(path: str) -> str:
    """The name by which code calls a package, as far as its path tells."""
    *rest, last = path.split("/")
    if VERSION.fullmatch(last) and rest:
        last = rest[-1]
    last = re.sub(r"\.v\d+$", "", last)
    return re.sub(r"^go-|[-.]go$", "", last).replace("-", "_")
