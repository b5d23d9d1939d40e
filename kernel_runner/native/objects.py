"""Projects in C and C++ without a build script: an object a source, and the program of them all."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from kernel_runner.batch import BatchError, read, source_files
from kernel_runner.compiled_runner import CompiledRunner
from kernel_runner.language import program_identity
from kernel_runner.plain_build import MAYBE, NEVER, SURE, Plan, Step, build_folder

HEADERS = (".h", ".hh", ".hpp", ".hxx", ".h++", ".inl", ".ipp", ".tpp")
INCLUDE_FOLDERS = {"include", "inc"}
COMMENT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)
MAIN = re.compile(
    r"(?<![\w.>:])main\s*\((?:[^(){};]|\([^()]*\))*\)[^{};=()]*(?:\w[^{};()]*;\s*)*\{"
)
CALL = re.compile(r"\bmain\s*\(")
CONDITION = re.compile(r"^\s*#\s*(if|endif)", re.MULTILINE)
# A framework's macro that is a main function, or another source that is included as a whole.
ELSEWHERE = re.compile(r"\b[A-Z_]*MAIN[A-Z_]*\b|#\s*include\s*\S+\.c\w*[\">]")


def main_rank(text: str) -> int:
    """How surely a source has the main function: one under a condition may not be compiled."""
    rank = MAYBE if ("MAIN" in text or ".c" in text) and ELSEWHERE.search(text) else NEVER
    code = COMMENT.sub(" ", text) if CALL.search(text) else ""
    for found in MAIN.finditer(code):
        depth = sum(1 if word == "if" else -1 for word in CONDITION.findall(code[: found.start()]))
        if depth <= 0:
            return SURE
        rank = MAYBE
    return rank


def objects_plan(
    runner: CompiledRunner, compilers: Mapping[str, Sequence[str]], sources: Sequence[str]
) -> Plan:
    """Compile each source by its suffix's compiler, and link with the runner's own.

    The standard among the switches is the runner's own language's. Raises BatchError, SpawnError.
    """
    if len(sources) == 1 and main_rank(read(Path(runner.cwd, sources[0]))) == NEVER:
        raise BatchError(f"Nothing to build: {sources[0]} has no main function.")
    folder = build_folder(runner)
    includes = include_switches(runner)
    neutral = [*runner.neutral_flags(), *includes]
    flags = [*runner.object_flags(), *includes]

    own = runner.command()
    language = runner.language.info_name or runner.language.name

    def switches(suffix: str, given: Sequence[str]) -> list[str]:
        if suffix not in compilers:  # a single file that is called in another way
            return [*given, "-x", language]
        return list(given) if compilers[suffix] == own else without("-std=", given)

    suffixes = {os.path.splitext(source)[1] for source in sources}
    commands = {suffix: compilers.get(suffix, own) for suffix in suffixes}
    keys = {
        suffix: [program_identity(command[0]), *command[1:], *switches(suffix, neutral)]
        for suffix, command in commands.items()
    }
    words = {suffix: [*command, *switches(suffix, flags)] for suffix, command in commands.items()}

    def compile_step(source: str, target: str, noted: str, *more: str) -> Step:
        suffix = os.path.splitext(source)[1]
        argv = [*words[suffix], "-MMD", "-MF", noted, source, "-o", target, *more]
        return Step(target, argv, [*keys[suffix], *more], [source], noted)

    program = str(runner.built)
    if [compilers.get(suffix) for suffix in suffixes] == [own] and len(sources) == 1:
        noted = f"{folder}/{runner.built.name}.d"
        whole = compile_step(sources[0], program, noted, *runner.libraries)
        return Plan([[whole]])  # the compiler links, too, which is quicker than by a second call
    names = [os.path.basename(source) if runner.main else source for source in sources]
    objects = [
        compile_step(source, f"{folder}/{name}.o", f"{folder}/{name}.d", "-c")
        for source, name in zip(sources, names, strict=True)
    ]
    targets = [step.target for step in objects]
    key = [*runner.compiler_identity(), *neutral, *runner.libraries]
    argv = [
        *runner.command(), *runner.batch_flags(), *targets, "-o", program, *runner.libraries,
    ]  # fmt: skip
    return Plan([objects, [Step(program, argv, key, targets)]])


def without(beginning: str, switches: Sequence[str]) -> list[str]:
    """Switches but for those that begin so."""
    return [switch for switch in switches if not switch.startswith(beginning)]


def include_switches(runner: CompiledRunner) -> list[str]:
    """Where a project's headers are: by quotes all are found, by brackets what is for others."""
    if runner.main:
        return ["-iquote", runner.cwd]
    places = {os.path.dirname(name) for name in source_files(runner.cwd, HEADERS)}
    switches = ["-iquote", "."]
    for place in sorted(places - {""}, key=lambda place: (place.count("/"), place)):
        switches += ["-iquote", place]
    for place in sorted({top_include(place) for place in places} - {""}):
        switches += ["-I", place]
    return switches


def top_include(place: str) -> str:
    """The folder for includes that a folder of headers is, or lies in; empty: none."""
    parts = place.split("/")
    at = next((at for at, part in enumerate(parts) if part in INCLUDE_FOLDERS), None)
    return "" if at is None else "/".join(parts[: at + 1])
