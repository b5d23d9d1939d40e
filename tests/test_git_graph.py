"""The commit graph of real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kernel_runner.languages.git.graph import (
    Graph,
    Ref,
    assign_lanes,
    commit_graph_svg,
    graph_argv,
    parse_log,
    text_argv,
)

SVG = "{http://www.w3.org/2000/svg}"


class Repository:
    """A git repository whose commits are a minute apart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.minutes = 0
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> bytes:
        return self.run(["git", *arguments])

    def run(self, argv: list[str]) -> bytes:
        date = f"2024-05-17T{10 + self.minutes // 60}:{self.minutes % 60:02}:00Z"
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ada Lovelace",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_NAME": "Ada Lovelace",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_COMMITTER_DATE": date,
        }
        return subprocess.run(
            argv, cwd=self.path, env=environ, check=True, capture_output=True
        ).stdout

    def commit(self, subject: str) -> None:
        self.minutes += 1
        self.git("commit", "-q", "--allow-empty", "-m", subject)

    def merge(self, *branches: str) -> None:
        self.minutes += 1
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {' and '.join(branches)}", *branches)

    def graph(self, limit: int = 100) -> Graph:
        return assign_lanes(parse_log(self.run(graph_argv(limit))))

    def svg(self, limit: int = 100) -> str:
        return commit_graph_svg(self.run(graph_argv(limit)))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def _texts(svg: str) -> list[str]:
    """The visible texts of an SVG, which must be well-formed."""
    root = ElementTree.fromstring(svg)
    assert float(root.attrib["width"]) > 0
    assert float(root.attrib["height"]) > 0
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def _check(graph: Graph) -> None:
    """Every line ends at the commit that it is for, and crosses no dot on its way down."""
    rows = {commit.hash: row for row, commit in enumerate(graph.commits)}
    expected = {
        (row, rows.get(parent))
        for row, commit in enumerate(graph.commits)
        for parent in commit.parents
    }
    assert {(line.row, line.end_row) for line in graph.lines} == expected
    for line in graph.lines:
        assert line.lane == graph.lanes[line.row]
        end = len(graph.commits) if line.end_row is None else line.end_row
        assert line.via not in graph.lanes[line.row + 1 : end]
        if line.end_row is not None:
            assert line.end_lane == graph.lanes[line.end_row]


def test_an_empty_repository(repository: Repository) -> None:
    assert repository.graph() == Graph((), (), ())
    assert _texts(repository.svg()) == ["No commits yet"]
    assert repository.run(text_argv()) == b""


def test_one_commit(repository: Repository) -> None:
    repository.commit("First")
    (commit,) = repository.graph().commits
    assert (commit.author, commit.date, commit.subject) == ("Ada Lovelace", "2024-05-17", "First")
    assert (commit.parents, commit.refs) == ((), (Ref("main", "current"),))
    assert _texts(repository.svg()) == [
        *(commit.hash[:7], "main", "First", "Ada Lovelace", "2024-05-17"),
    ]


def test_a_merge(repository: Repository) -> None:
    repository.commit("First")
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit("On topic")
    repository.git("checkout", "-q", "main")
    repository.commit("On main")
    repository.merge("topic")
    graph = repository.graph()
    _check(graph)
    assert [commit.subject for commit in graph.commits] == [
        *("Merge topic", "On main", "On topic", "First"),
    ]
    assert graph.lanes == (0, 0, 1, 0)
    assert graph.width == 2
    assert not graph.is_cut


def test_an_octopus_merge(repository: Repository) -> None:
    repository.commit("First")
    for name in ("a", "b", "c"):
        repository.git("checkout", "-q", "-b", name, "main")
        repository.commit(f"On {name}")
    repository.git("checkout", "-q", "main")
    repository.commit("On main")
    repository.merge("a", "b", "c")
    graph = repository.graph()
    _check(graph)
    assert len(graph.commits[0].parents) == 4
    assert graph.width == 4


def test_several_roots(repository: Repository) -> None:
    repository.commit("First")
    repository.git("checkout", "-q", "--orphan", "pages")
    repository.commit("Pages")
    repository.git("checkout", "-q", "main")
    graph = repository.graph()
    _check(graph)
    assert [commit.parents for commit in graph.commits] == [(), ()]
    assert graph.lines == ()
    repository.git("merge", "-q", "--allow-unrelated-histories", "-m", "Both", "pages")
    _check(repository.graph())


def test_refs(repository: Repository) -> None:
    repository.commit("First")
    repository.git("tag", "v1.0")
    repository.git("tag", "-a", "-m", "annotated", "v1.0,final")
    repository.git("branch", "feature/größe")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.git("update-ref", "refs/stash", "HEAD")
    assert set(repository.graph().commits[0].refs) >= {
        Ref("main", "current"),
        Ref("v1.0", "tag"),
        Ref("v1.0,final", "tag"),
        Ref("feature/größe", "branch"),
        Ref("origin/main", "remote"),
    }
    assert b"v1.0,final" in repository.run(text_argv())


def test_a_detached_head_that_no_branch_has(repository: Repository) -> None:
    repository.commit("First")
    repository.git("checkout", "-q", "--detach")
    repository.commit("Nowhere")
    graph = repository.graph()
    _check(graph)
    assert [commit.refs for commit in graph.commits] == [
        (Ref("HEAD", "head"),),
        (Ref("main", "branch"),),
    ]


def test_more_refs_than_fit(repository: Repository) -> None:
    repository.commit("First")
    for number in range(20):
        repository.git("tag", f"v{number}-{'x' * 50}")
    texts = _texts(repository.svg())
    assert "+16" in texts
    assert max(map(len, texts)) <= 40


def test_a_cut_history(repository: Repository) -> None:
    for number in range(5):
        repository.commit(f"Number {number}")
    graph = repository.graph(3)
    _check(graph)
    assert len(graph.commits) == 3
    assert graph.is_cut
    assert graph.lines[-1].end_row is None
    assert _texts(repository.svg(3))[-1] == "older commits are not shown"
    assert repository.run(text_argv(3)).count(b"Number") == 3


def test_odd_subjects(repository: Repository) -> None:
    repository.commit("<script>&amp; \"quotes\" 'too' ]]>")
    repository.commit("größe 😀 日本語 שלום")
    repository.commit("escape \x1b[31m red \x01")
    repository.commit("word " * 20_000)
    repository.commit("日" * 100)
    repository.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    texts = _texts(repository.svg())
    assert "<script>&amp; \"quotes\" 'too' ]]>" in texts
    assert "größe 😀 日本語 שלום" in texts
    assert "escape \ufffd[31m red \ufffd" in texts
    assert any(text.startswith("word word") and text.endswith("…") for text in texts)
    assert "日" * 31 + "…" in texts


def test_bytes_that_are_not_utf_8(repository: Repository) -> None:
    repository.commit("First")
    output = repository.run(graph_argv()).replace(b"First", b"F\xffrst")
    assert "F\ufffdrst" in _texts(commit_graph_svg(output))


@pytest.mark.parametrize("seed", range(8))
def test_tangled_histories(repository: Repository, seed: int) -> None:
    """Branches that fork and merge in no order, drawn whole and cut."""
    repository.commit("First")
    names = ["main"]
    for step in range(24):
        name = names[(step * 7 + seed) % len(names)]
        repository.git("checkout", "-q", name)
        if (step + seed) % 4 == 0:
            names.append(f"b{step}")
            repository.git("checkout", "-q", "-b", names[-1])
        if (step * seed) % 5 == 3 and len(names) > 2:
            repository.merge(*{names[step % len(names)], names[-1]} - {name} or {"main"})
        repository.commit(f"Step {step}")
    _check(repository.graph())
    for limit in (1, 5, 15):
        graph = repository.graph(limit)
        _check(graph)
        assert len(graph.commits) == limit
        _texts(repository.svg(limit))
