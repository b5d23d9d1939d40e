"""Every language's sample programs, cell by cell, over the protocol."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from client import Client, Exchange, Kernel, plain
from conftest import Start

from kernel_runner.language import Sample
from kernel_runner.languages import LANGUAGES, runner_class
from kernel_runner.session_runner import SessionRunner

PROGRAMS = [
    pytest.param(language, name, id=f"{language}-{name}")
    for language in LANGUAGES
    for name in runner_class(language).samples
]


@pytest.mark.parametrize(("language", "name"), PROGRAMS)
def test_a_sample_shows_what_it_must(
    shared: Callable[[str], Kernel], language: str, name: str
) -> None:
    client = shared(language).client
    for sample in runner_class(language).samples[name]:
        check(sample, run(client, sample))


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_samples_under_classroom(start: Start, language: str) -> None:
    client = start(language, "--jail", "classroom").client
    for cells in runner_class(language).samples.values():
        for sample in cells:
            check(sample, run(client, sample))


def test_the_python_samples_without_ipython(start: Start, bare_python: str) -> None:
    client = start("python", python=bare_python).client
    for cells in runner_class("python").samples.values():
        for sample in cells:
            check(sample, run(client, sample))


CANNOT_HAVE = {
    "bash": {"value"},  # commands have output, and no value
    "brainfuck": {"exit"},  # a program ends where its text does
    "pari": {"stdin"},  # gp reads the cell itself from there
    "raku": {"deep recursion"},  # its calls are on the heap, which only memory ends
    "sql": {"stdin", "crash"},  # nothing in SQL reads it, or ends the process
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_samples(language: str) -> None:
    class_ = runner_class(language)
    needed = {"hello", "error", "stdin", "interrupt", "unicode", "exit"}
    if issubclass(class_, SessionRunner) and language != "git":  # git's cells are commands
        needed |= {"state", "rich output", "redefinition", "syntax error", "comments only"}
        needed |= {"value", "deep recursion", "crash"}
    missing = needed - set(class_.samples)
    assert missing <= CANNOT_HAVE.get(language, set())


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_have_no_result_and_keep_the_lines(
    shared: Callable[[str], Kernel], language: str
) -> None:
    client = shared(language).client
    cell = client.cell("%cd .\n\n%env KERNEL_RUNNER_A=1")
    assert cell.status == "ok" and not cell.result, cell
    failing = runner_class(language).samples["error"]
    code = next((sample.code for sample in failing if sample.traceback), failing[0].code)
    usual, moved = (
        lines_named(client.cell(before + code))[-1:] for before in ("", "%cd .\n\n%cd .\n")
    )
    assert moved == [line + 3 for line in usual]


def lines_named(cell: Exchange) -> list[int]:
    """The lines of its own that an error's traceback names."""
    text = plain("\n".join(cell.error["traceback"]) + cell.stderr)
    own = rf"In\[{cell.content['execution_count']}\]"
    return [int(number) for number in re.findall(rf"{own}(?:, line |:|: line )(\d+)", text)]


def run(client: Client, sample: Sample) -> Exchange:
    """Run a cell; interrupt it once it has shown its stdout, where it is made for that."""
    if not sample.interrupt:
        return client.cell(sample.code, sample.answers)
    running = client.execute(sample.code)
    shown = re.compile(sample.stdout or "")
    client.wait(lambda: bool(running.stdout and shown.fullmatch(running.stdout)), about=running)
    assert client.interrupt().status == "ok"
    return client.finish(running)


def check(sample: Sample, cell: Exchange) -> None:
    """Compare what a cell must show with what it has shown."""
    assert cell.error.get("ename") == sample.error, cell
    assert cell.status == ("error" if sample.error else "ok"), cell
    for expected, shown in (
        (sample.stdout, cell.stdout),
        (sample.stderr, cell.stderr),
        (sample.result, cell.text or ""),
    ):
        assert expected is None or re.fullmatch(expected, plain(shown)), cell
    displayed = any(sample.mime in bundle for bundle in cell.displays)
    if sample.result is None and (sample.mime is None or displayed):
        assert not cell.result, cell
    assert sample.mime is None or displayed or sample.mime in cell.result, cell
    if sample.traceback is not None:
        assert re.search(sample.traceback, plain("\n".join(cell.error["traceback"]))), cell
    if not sample.error and sample.stderr is None:
        assert cell.stderr == "", cell
    assert len(cell.requests) == len(sample.answers), cell
