"""The commit graph of a repository as a picture.

Four steps, none of which runs git: ``graph_argv`` says what to run, ``parse_log`` reads what git
printed, ``assign_lanes`` finds a place for every commit and every line, and ``render_svg`` draws.
``commit_graph_svg`` does the last three. ``text_argv`` is the same graph as git itself prints it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

LIMIT = 100  # commits

_FIELDS = 6
_FORMAT = "%x00".join(["%H", "%P", "%an", "%as", "%D", "%s"])
_REFS = ["--exclude=refs/stash", "--exclude=refs/notes/*", "--all"]

RefKind = Literal["current", "branch", "remote", "tag", "head", "other"]


@dataclass(frozen=True)
class Ref:
    """A name of a commit. ``current`` is the branch that HEAD is on, ``head`` a HEAD on none."""

    name: str
    kind: RefKind


@dataclass(frozen=True)
class Commit:
    """A commit as git log tells it; the date is YYYY-MM-DD."""

    hash: str
    parents: tuple[str, ...]
    author: str
    date: str
    refs: tuple[Ref, ...]
    subject: str


@dataclass(frozen=True)
class Line:
    """A line from a commit to one of its parents.

    It leaves the commit at (``row``, ``lane``), runs down in the lane ``via``, and ends at the
    parent at (``end_row``, ``end_lane``); both are None where the parent is not in the graph.
    """

    row: int
    lane: int
    via: int
    end_row: int | None = None
    end_lane: int | None = None


@dataclass(frozen=True)
class Graph:
    """Commits, one a row, newest first; the lane of each; and the lines between them."""

    commits: tuple[Commit, ...]
    lanes: tuple[int, ...]
    lines: tuple[Line, ...]

    @property
    def width(self) -> int:
        """How many lanes there are."""
        return 1 + max([*self.lanes, *(line.via for line in self.lines)], default=0)

    @property
    def is_cut(self) -> bool:
        """Whether there are older commits that are not in the graph."""
        return any(line.end_row is None for line in self.lines)


def graph_argv(limit: int = LIMIT) -> list[str]:
    """The command whose output ``parse_log`` reads, for the newest ``limit`` commits."""
    return [
        *("git", "--no-pager", "-c", "log.showSignature=false", "log", *_REFS, "--date-order"),
        *("--decorate=full", "--no-color", "--encoding=UTF-8", "-z", f"--max-count={limit}"),
        f"--format={_FORMAT}",
    ]


def text_argv(limit: int = LIMIT) -> list[str]:
    """The command that prints the same graph as text, with colours."""
    return [
        *("git", "--no-pager", "-c", "log.showSignature=false", "log", *_REFS, "--date-order"),
        *("--graph", "--oneline", "--decorate", "--color=always", f"--max-count={limit}"),
    ]


def commit_graph_svg(output: bytes) -> str:
    """The picture of what ``graph_argv`` printed; one of an empty repository says so."""
    return render_svg(assign_lanes(parse_log(output)))


def parse_log(output: bytes) -> list[Commit]:
    """The commits in the output of ``graph_argv``, in its order."""
    fields = output.decode("utf-8", "replace").split("\0")
    return [
        Commit(hash_, tuple(parents.split()), author, date, tuple(_parse_refs(refs)), subject)
        for hash_, parents, author, date, refs, subject in _chunks(fields)
    ]


def _chunks(fields: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(fields) - _FIELDS + 1, _FIELDS):
        yield fields[start : start + _FIELDS]


def _parse_refs(decoration: str) -> Iterator[Ref]:
    """The refs in ``HEAD -> refs/heads/main, tag: refs/tags/v1, refs/remotes/origin/main``."""
    for word in filter(None, decoration.split(", ")):
        if word == "HEAD":
            yield Ref("HEAD", "head")
        elif word.startswith("HEAD -> "):
            yield Ref(word.removeprefix("HEAD -> ").removeprefix("refs/heads/"), "current")
        elif word.startswith("tag: "):
            yield Ref(word.removeprefix("tag: ").removeprefix("refs/tags/"), "tag")
        elif word.startswith("refs/heads/"):
            yield Ref(word.removeprefix("refs/heads/"), "branch")
        elif word.startswith("refs/remotes/"):
            yield Ref(word.removeprefix("refs/remotes/"), "remote")
        else:
            yield Ref(word.removeprefix("refs/"), "other")


@dataclass
class _Lanes:
    """What each lane waits for: the hash of the commit that its lines end at, or nothing."""

    awaited: list[str | None] = field(default_factory=list)
    open: dict[str, list[Line]] = field(default_factory=dict)
    closed: list[Line] = field(default_factory=list)

    def of(self, hash_: str) -> int:
        """The leftmost lane that waits for a commit, else a free one that does from now on."""
        if hash_ not in self.awaited:
            self.take(self.free(), hash_)
        return self.awaited.index(hash_)

    def free(self) -> int:
        """The leftmost lane that waits for nothing."""
        if None not in self.awaited:
            self.awaited.append(None)
        return self.awaited.index(None)

    def take(self, lane: int, hash_: str) -> None:
        self.awaited[lane] = hash_

    def arrive(self, hash_: str, row: int) -> int:
        """End all lines to a commit, free their lanes, and give the commit's own."""
        lane = self.of(hash_)
        self.awaited = [None if each == hash_ else each for each in self.awaited]
        for line in self.open.pop(hash_, []):
            self.closed.append(Line(line.row, line.lane, line.via, row, lane))
        return lane

    def leave(self, row: int, lane: int, parents: Sequence[str]) -> None:
        """Begin the lines to a commit's parents, the first in its own lane."""
        for number, parent in enumerate(dict.fromkeys(parents)):
            if number == 0:
                self.take(lane, parent)
            via = lane if number == 0 else self.of(parent)
            self.open.setdefault(parent, []).append(Line(row, lane, via))


def assign_lanes(commits: Sequence[Commit]) -> Graph:
    """Lay the commits out; children must come before their parents.

    A branch keeps its lane until the commit that it forked from, and a lane that became free is
    used again.
    """
    lanes = _Lanes()
    placed = []
    for row, commit in enumerate(commits):
        lane = lanes.arrive(commit.hash, row)
        lanes.leave(row, lane, commit.parents)
        placed.append(lane)
    cut = [line for lines in lanes.open.values() for line in lines]
    lines = sorted([*lanes.closed, *cut], key=lambda line: (line.row, line.via))
    return Graph(tuple(commits), tuple(placed), tuple(lines))


# Lengths in pixels. Widths of text are estimates, as nobody knows the reader's fonts.
_ROW = 30
_LANE = 18
_PAD = 18
_CHARACTER = 7.3  # of 12px monospace
_LETTER = 6.9  # of 13px sans-serif, on the wide side
_GAP = 12
_SUBJECT = 64  # cells
_AUTHOR = 20
_REF = 28
_MAX_REFS = 5
_COLOURS = (
    *("#2f81f7", "#e5534b", "#2da44e", "#a371f7"),
    *("#d18616", "#1b9e9e", "#db61a2", "#7d8590"),
)
_STYLE = """
.kr-graph { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans",
  sans-serif; }
.kr-graph .mono, .kr-graph .ref text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas,
  "DejaVu Sans Mono", monospace; }
.kr-graph .line { fill: none; stroke-width: 2; stroke-linecap: round; }
.kr-graph .cut { stroke-dasharray: 0.1 5; }
.kr-graph .commit, .kr-graph .merge { stroke-width: 2; }
.kr-graph .ring { fill: none; stroke-width: 1.5; }
.kr-graph .ref rect { fill-opacity: 0.12; stroke-opacity: 0.5; }
.kr-graph .ref.remote rect, .kr-graph .ref.other rect { fill-opacity: 0; stroke-dasharray: 3 2; }
.kr-graph .ref.current rect, .kr-graph .ref.head rect { fill-opacity: 1; }
.kr-graph .ref.tag rect { fill: #bf8700; stroke: #bf8700; }
.kr-graph .ref.head rect { fill: #cf222e; stroke: #cf222e; }
.kr-graph .card { fill: #ffffff; stroke: #d0d7de; }
.kr-graph text { fill: #1f2328; }
.kr-graph .muted { fill: #656d76; }
.kr-graph .commit { stroke: #ffffff; }
.kr-graph .merge { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
  .kr-graph .card { fill: #0d1117; stroke: #30363d; }
  .kr-graph text { fill: #e6edf3; }
  .kr-graph .muted { fill: #8d96a0; }
  .kr-graph .commit { stroke: #0d1117; }
  .kr-graph .merge { fill: #0d1117; } }
.kr-graph .ref.current text, .kr-graph .ref.head text { fill: #ffffff; font-weight: bold; }
"""


@dataclass(frozen=True)
class _Columns:
    """Where the columns beside the graph begin, and how wide the picture is."""

    hash: float
    refs: float
    author: float
    date: float
    width: float


def render_svg(graph: Graph) -> str:
    """A self-contained SVG document that reads well on a light and on a dark page."""
    if not graph.commits:
        return _document(240, 48, ['<text class="muted" x="24" y="29">No commits yet</text>'])
    columns = _columns(graph)
    height = 2 * _PAD + _ROW * (len(graph.commits) + graph.is_cut)
    body = [_line(line, len(graph.commits)) for line in graph.lines]
    body += [_row(graph, row, columns) for row in range(len(graph.commits))]
    if graph.is_cut:
        at = f'x="{columns.hash:g}" y="{_y(len(graph.commits)) + 4:g}"'
        body.append(f'<text class="muted" {at}>older commits are not shown</text>')
    return _document(columns.width, height, body)


def _document(width: float, height: float, body: Sequence[str]) -> str:
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    card = f'x="0.5" y="0.5" width="{width - 1:g}" height="{height - 1:g}" rx="8"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="kr-graph" {size} role="img">',
            f"<title>Commit graph</title><style>{_STYLE}</style>",
            f'<rect class="card" {card}/>',
            *body,
            "</svg>\n",
        ]
    )


def _columns(graph: Graph) -> _Columns:
    hash_ = _x(graph.width - 1) + 22
    refs = hash_ + 7 * _CHARACTER + _GAP
    author = _GAP + max(
        refs + _refs_width(commit) + _LETTER * _cells(_cut(commit.subject, _SUBJECT))
        for commit in graph.commits
    )
    authors = max(_cells(_cut(commit.author, _AUTHOR)) for commit in graph.commits)
    date = author + _LETTER * authors + _GAP
    return _Columns(hash_, refs, author, date, date + 10 * _CHARACTER + _PAD)


def _x(lane: int) -> float:
    return _PAD + 4 + lane * _LANE


def _y(row: int) -> float:
    return _PAD + _ROW * (row + 0.5)


def _colour(lane: int) -> str:
    return _COLOURS[lane % len(_COLOURS)]


def _line(line: Line, rows: int) -> str:
    """A line down its lane, with a curve where it leaves one lane for another."""
    start, end = (_x(line.lane), _y(line.row)), _y(line.row + 1)
    path = f"M{start[0]:g} {start[1]:g}"
    if line.end_row is None or line.end_lane is None:
        path += _bend(start[0], _x(line.via), end) + f"V{_y(rows) + _ROW / 2:g}"
        return f'<path class="line cut" stroke="{_colour(line.via)}" d="{path}"/>'
    if line.end_row == line.row + 1:
        path += _bend(start[0], _x(line.end_lane), end)
    else:
        path += _bend(start[0], _x(line.via), end) + f"V{_y(line.end_row - 1):g}"
        path += _bend(_x(line.via), _x(line.end_lane), _y(line.end_row))
    return f'<path class="line" stroke="{_colour(line.via)}" d="{path}"/>'


def _bend(x: float, to_x: float, to_y: float) -> str:
    """A path one row down from ``x``, straight or as a curve."""
    if x == to_x:
        return f"V{to_y:g}"
    return f"C{x:g} {to_y - 0.35 * _ROW:g} {to_x:g} {to_y - 0.65 * _ROW:g} {to_x:g} {to_y:g}"


def _row(graph: Graph, row: int, columns: _Columns) -> str:
    """A commit: its dot, hash, refs, subject, author and date, and all of it as a tooltip."""
    commit, lane = graph.commits[row], graph.lanes[row]
    base = _y(row) + 4
    subject = columns.refs + _refs_width(commit)
    return "\n".join(
        [
            f"<g><title>{_xml(_tooltip(commit))}</title>",
            _dot(commit, _x(lane), _y(row), _colour(lane)),
            _text(columns.hash, base, commit.hash[:7], "mono muted"),
            *_badges(commit, columns.refs, _y(row), _colour(lane)),
            _text(subject, base, _cut(commit.subject, _SUBJECT), ""),
            _text(columns.author, base, _cut(commit.author, _AUTHOR), "muted"),
            _text(columns.date, base, commit.date, "mono muted"),
            "</g>",
        ]
    )


def _dot(commit: Commit, x: float, y: float, colour: str) -> str:
    at = f'cx="{x:g}" cy="{y:g}"'
    if len(commit.parents) > 1:
        dot = f'<circle class="merge" {at} r="4.5" stroke="{colour}"/>'
    else:
        dot = f'<circle class="commit" {at} r="6" fill="{colour}"/>'
    if any(ref.kind in ("current", "head") for ref in commit.refs):
        dot += f'<circle class="ring" {at} r="8" stroke="{colour}"/>'
    return dot


def _labels(commit: Commit) -> list[Ref]:
    """The refs to show: the first few, and how many more there are."""
    shown = [Ref(_cut(ref.name, _REF), ref.kind) for ref in commit.refs[:_MAX_REFS]]
    more = len(commit.refs) - len(shown)
    return [*shown, Ref(f"+{more}", "other")] if more else shown


def _badge_width(ref: Ref) -> float:
    return _cells(ref.name) * _CHARACTER + 14


def _refs_width(commit: Commit) -> float:
    labels = _labels(commit)
    return sum(_badge_width(ref) + 6 for ref in labels) + (4 if labels else 0)


def _badges(commit: Commit, x: float, y: float, colour: str) -> Iterator[str]:
    for ref in _labels(commit):
        width = _badge_width(ref)
        box = f'x="{x:g}" y="{y - 10:g}" width="{width:g}" height="20" rx="10"'
        text = _text(x + width / 2, y + 4, ref.name, "", ' text-anchor="middle"')
        rect = f'<rect {box} fill="{colour}" stroke="{colour}"/>'
        yield f'<g class="ref {ref.kind}">{rect}{text}</g>'
        x += width + 6


def _text(x: float, y: float, text: str, class_: str, more: str = "") -> str:
    class_ = f' class="{class_}"' if class_ else ""
    return f'<text x="{x:g}" y="{y:g}"{class_}{more}>{_xml(text)}</text>'


def _tooltip(commit: Commit) -> str:
    refs = ", ".join(ref.name for ref in commit.refs)
    lines = [commit.subject, f"{commit.author}, {commit.date}", commit.hash, refs]
    return "\n".join(filter(None, lines))


def _xml(text: str) -> str:
    """``text`` escaped, without the characters that XML cannot hold."""
    return escape(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text))


def _cells(text: str) -> int:
    """How wide a text is, in letters: Chinese and emoji count twice, combining marks not at all."""
    return sum(map(_cell, text))


def _cell(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _cut(text: str, cells: int) -> str:
    """``text``, or as much of it as fits with an ellipsis."""
    used = 0
    for end, character in enumerate(text):
        used += _cell(character)
        if used > cells:
            return _cut_to(text[:end], cells - 1).rstrip() + "…"
    return text


def _cut_to(text: str, cells: int) -> str:
    while _cells(text) > cells:
        text = text[:-1]
    return text
