"""evcxr's commands: lines that begin with a colon. Those that packages and switches need may also
begin with %, as the other languages' do."""

from __future__ import annotations

import re
from dataclasses import dataclass

COMMAND = re.compile(r"^(?::([a-z_]+)|%(dep|opt|vars|type))(?:[ \t]+(.*?))?[ \t]*$")
HELP = """\
:dep NAME [= VALUE]   use a crate, as Cargo.toml would have it (also %dep)
:vars                 the variables: name, type, value
:type EXPRESSION      the type of an expression
:opt 0|1|2|3          how far later cells are optimized
:clear                forget all state
:version              the compiler's version
"""
# What evcxr has, and is not needed or not there.
OTHERS = {
    "preserve_vars_on_panic": "variables are kept over a panic in any case",
    "sccache": "what was compiled once is kept in any case",
    "cache": "what was compiled once is kept in any case",
    "timing": "the time of each cell is in its reply's metadata",
    "time_passes": "the time of each cell is in its reply's metadata",
    "efmt": "an error of `?` is shown by its Display, or its Debug where it has no other",
    "fmt": "values are shown by their Debug, or their Display where they have no other",
    "types": "`:vars` and `:type` show types",
    "explain": "`!rustc --explain CODE` in a terminal explains an error",
    "quit": "the client ends the kernel",
    "doc": "there is no documentation here",
    "linker": "rustc's own linker is used",
    "allow_static_linking": "dependencies are always linked dynamically",
    "offline": "`%env CARGO_NET_OFFLINE=true` keeps cargo off the network",
    "toolchain": "the kernel's configuration says which rustc is used",
    "last_compile_dir": "the files of a cell are removed with the kernel",
    "last_error_json": "an error is shown as the compiler has rendered it",
    "load_config": "the kernel has a configuration of its own",
    "internal_debug": "there is nothing to debug here",
}


@dataclass(frozen=True)
class Given:
    """A command that a cell begins with."""

    name: str
    argument: str


def commands_of(text: str) -> tuple[list[Given], str]:
    """The commands that a cell begins with, and the cell with blank lines in their place."""
    given = []
    lines = text.split("\n")
    for at, line in enumerate(lines):
        match = COMMAND.match(line)
        if match:
            given.append(Given(match[1] or match[2], match[3] or ""))
            lines[at] = ""
        elif line.strip() and not line.lstrip().startswith("//"):
            break
    return given, "\n".join(lines)


def answer_to(name: str) -> str:
    """What is said of a command that is not there."""
    if name in OTHERS:
        return f":{name} is not needed here: {OTHERS[name]}."
    return f"There is no command :{name} here; :help lists those that there are."
