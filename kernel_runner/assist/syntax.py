"""What a grammar alone can tell about code: its names, and whether it is complete.

Works for every language, beside the queue, and never waits for a running cell. The grammars are
tree-sitter's (https://tree-sitter.github.io); they and tree-sitter itself are imported at first
use. A language whose wheel is missing still completes, with names found by a regular expression.

Whether code is complete follows from where its first error is. An LR parser never shifts a token
that cannot follow what it has read, so when the first token that it refuses is the end of the
text, more text may mend it; any other refused token stays wrong. The tree does not keep where
that was (recovery may blame the whole text), but the parser's log does.
"""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from kernel_runner.assist.completions import Completions

if TYPE_CHECKING:
    from tree_sitter import LogType, Node, Query, Tree

log = logging.getLogger(__name__)

MAX_NAMES = 10_000  # remembered, over all cells
MAX_REMEMBER = 1 << 15  # code points of a cell; the names of a longer one are not remembered
MAX_PARSE = 1 << 18  # code points; about 50 ms
MAX_DIAGNOSE = 1 << 15  # code points; the parser's log makes it ten times as slow

_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_OPAQUE = re.compile("(string|comment|char|heredoc|regex)(?!.*start)")
_TRANSPARENT = re.compile("interpolation|expansion|substitution")
_POSITION = re.compile(r"row:(\d+), col:(\d+)")

Status = Literal["complete", "incomplete", "invalid", "unknown"]


@dataclass(frozen=True)
class Grammar:
    """All that is to be said about a language; the defaults suit most.

    module, function: the wheel's module, and its function that gives the grammar. None where
        there is no wheel.
    keywords: what completion offers beside the names.
    letters: what a name may have in it besides letters, digits and ``_``.
    names: a regular expression for the node types that are names.
    openers: what, at the end of a line, calls for one level more.
    indent: how many spaces one level is.
    quotes: what ends a string that cannot span lines.
    spans: what ends a string or comment that may.
    continuation: what, at the very end of a line, joins it with the next.
    wrap: what to put around a cell, where statements stand only inside a function.
    block: the node type of an indented block that only a blank line ends.
    unfinished: a query for nodes that, at the end of the code, need more though they parse.
    wrong: a query for nodes that are errors though they parse.
    """

    module: str | None = None
    function: str = "language"
    keywords: tuple[str, ...] = ()
    letters: str = ""
    names: str = "identifier|(name|variable|word|constant|symbol)$"
    openers: tuple[str, ...] = ("{", "(", "[")
    indent: int = 4
    quotes: tuple[str, ...] = ('"', "'")
    spans: tuple[str, ...] = ()
    continuation: str = ""
    wrap: tuple[str, str] | None = None
    block: str = ""
    unfinished: str = ""
    wrong: str = ""


@dataclass(frozen=True)
class Completeness:
    """An answer to is_complete_request; ``indent`` is for the next line when it is incomplete."""

    status: Status
    indent: str = ""


class Syntax:
    """Completes, and judges completeness, by a grammar."""

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self._remembered: dict[str, None] = {}  # oldest first
        letters = re.escape(grammar.letters)
        self._name = re.compile(rf"(?![\d])[\w{letters}]+")
        self._spans = tuple("\n" + closer for closer in grammar.spans)
        self._typed = re.compile(rf"[\w{letters}]*\Z")

    def remember(self, code: str) -> None:
        """Keep the names in a cell that was run, for later completions."""
        if len(code) > MAX_REMEMBER:
            return
        for name in self._names(code):
            self._remembered.pop(name, None)
            self._remembered[name] = None
        while len(self._remembered) > MAX_NAMES:
            del self._remembered[next(iter(self._remembered))]

    def complete(self, code: str, offset: int) -> Completions:
        """What the word that ends at ``offset`` (in code points) may become.

        Names in the code come first, then remembered ones, then keywords. Nothing is offered
        inside a string or a comment, nor for an empty word.
        """
        offset = max(0, min(offset, len(code)))
        start = self._typed.search(code, max(0, offset - 1000), offset)
        begin = start.start() if start else offset
        word = self._name.match(code, begin)
        if begin == offset or not word or self._is_opaque(code, offset):
            return Completions((), offset, offset)
        typed = code[begin:offset]
        around = code[: word.start()] + " " + code[word.end() :]  # without the word being typed
        near = around[max(0, begin - MAX_DIAGNOSE) : begin + MAX_DIAGNOSE]
        names = self._names(around if len(around) <= MAX_PARSE else near)
        groups = (names, self._remembered, self.grammar.keywords)
        return Completions(_matches(typed, groups), begin, offset)

    def is_complete(self, code: str) -> Completeness:
        """Whether ``code`` can be run as it is, may become so with more lines, or never will."""
        if not code.strip():
            return Completeness("complete")
        if self._parser is None or len(code) > MAX_PARSE:
            return Completeness("unknown")
        source = _encode(code)
        status = self._status(self._parser, source)
        if status != "incomplete":
            return Completeness(status)
        return Completeness(status, self._indent(self._parser, source))

    @cached_property
    def _parser(self) -> _Parser | None:
        """tree-sitter with this grammar; None, with a line in the log, where it is missing."""
        if self.grammar.module is None:
            return None
        try:
            return _Parser(self.grammar)
        except (ImportError, AttributeError, ValueError) as error:
            log.info("no grammar %s, names only: %s", self.grammar.module, error)
            return None

    def _names(self, code: str) -> list[str]:
        """The names in ``code`` in the order of their first occurrence."""
        if self._parser is None or len(code) > MAX_PARSE:
            found: Iterable[str] = self._name.findall(code)
        else:
            found = self._parser.names(self._parser.parse(_encode(code)))
        return [name for name in dict.fromkeys(found) if self._name.fullmatch(name)]

    def _is_opaque(self, code: str, offset: int) -> bool:
        """Whether what ends at ``offset`` is in a string or a comment."""
        if self._parser is None or len(code) > MAX_PARSE:
            return False
        tree = self._parser.parse(_encode(code))
        before = _encode(code[:offset])
        if _text_around(_node_before(tree, len(before))):
            return True
        closers = (*self._spans, *self.grammar.quotes)
        return len(before) <= MAX_DIAGNOSE and self._parser.open_text(before, closers) is not None

    def _status(self, parser: _Parser, source: bytes) -> Status:
        grammar = self.grammar
        tree = parser.parse(source + b"\n")
        if self._is_joined(source) and not _is_comment(_node_before(tree, len(source))):
            return "incomplete"
        if not tree.root_node.has_error:
            return self._status_of_sound(parser, tree, source)
        if grammar.wrap and parser.is_sound_wrapped(source, grammar.wrap):
            return "complete"
        if len(source) > MAX_DIAGNOSE:
            return "unknown"
        return self._status_of_broken(parser, tree, source)

    def _is_joined(self, source: bytes) -> bool:
        """Whether the last line ends with a continuation character that is not itself escaped."""
        bare = source.rstrip(self.grammar.continuation.encode())
        return bool(self.grammar.continuation) and (len(source) - len(bare)) % 2 == 1

    def _status_of_sound(self, parser: _Parser, tree: Tree, source: bytes) -> Status:
        """The status of code that parses."""
        if parser.is_wrong(tree):
            return "invalid"
        if parser.is_unfinished(tree) or self._awaits_blank_line(tree, source):
            return "incomplete"
        return "complete"

    def _status_of_broken(self, parser: _Parser, tree: Tree, source: bytes) -> Status:
        """The status of code that does not parse."""
        grammar = self.grammar
        if text := parser.open_text(source, self._spans):
            return _mendable(parser.is_mendable(source + text.closer.encode()))
        if parser.open_text(source, grammar.quotes):
            return "invalid"
        depth = parser.depth(tree)
        if grammar.block:  # the end of a line is the end of a statement, but in brackets
            joined = self._is_joined(source.rstrip(b"\r\n"))
            open_ = joined or depth > 0 or parser.is_unfinished(tree)
            return _mendable(open_ and parser.is_mendable(source))
        if depth > 0:  # still typing, whatever a grammar that knows no macros makes of the rest
            return "incomplete"
        if grammar.wrap and depth == 0:
            return _mendable(parser.is_mendable(grammar.wrap[0].encode() + source))
        return _mendable(parser.is_mendable(source))

    def _awaits_blank_line(self, tree: Tree, source: bytes) -> bool:
        """Whether the code ends in an indented block that may go on, or that has nothing yet."""
        if not self.grammar.block:
            return False
        node = _node_before(tree, _code_end(tree, source))
        if node.type in self.grammar.openers:
            return True
        if source.rstrip(b" \t").endswith(b"\n"):
            return False
        return any(
            each.type == self.grammar.block and each.start_point.row > owner.start_point.row
            for each in _lineage(node)
            if (owner := each.parent)
        )

    def _indent(self, parser: _Parser, source: bytes) -> str:
        """The next line's indentation: the last line's, one level deeper after an opener.

        None in a string or a heredoc, where it would become part of the text.
        """
        tree = parser.parse(source + b"\n")
        text = parser.open_text(source, self._spans)
        if "heredoc" in _node_before(tree, len(source)).type or (text and not text.is_comment):
            return ""
        line = source[: _code_end(tree, source)].decode().rpartition("\n")[2]
        indent = line[: len(line) - len(line.lstrip())]
        deeper = any(_ends_with(line, opener) for opener in self.grammar.openers)
        return indent + " " * self.grammar.indent * deeper


@dataclass(frozen=True)
class _OpenText:
    """A string or a comment that is still open, and what would end it."""

    closer: str
    is_comment: bool


class _Parser:
    """tree-sitter and one grammar; all offsets are in bytes.

    Raises ImportError, AttributeError or ValueError where either is missing or they do not fit.
    """

    def __init__(self, grammar: Grammar) -> None:
        import tree_sitter  # 10 ms that a kernel's start need not wait for

        wheel = importlib.import_module(str(grammar.module))
        self._language = tree_sitter.Language(getattr(wheel, grammar.function)())
        self._parser = tree_sitter.Parser(self._language)
        brackets = [kind for kind in _BRACKETS if self._language.id_for_node_kind(kind, False)]
        self._brackets = self._query("[" + " ".join(f'"{kind}"' for kind in brackets) + "] @node")
        kinds = " ".join(f"({kind})" for kind in self._kinds(re.compile(grammar.names)))
        self._names = self._query(f"[{kinds}] @node" if kinds else "")
        self._unfinished = self._query(grammar.unfinished)
        self._wrong = self._query(grammar.wrong)

    def parse(self, source: bytes) -> Tree:
        """The tree of ``source``, which may have errors in it."""
        return self._parser.parse(source)

    def names(self, tree: Tree) -> Iterator[str]:
        """The names in ``tree`` in their order, repeated as they are."""
        for node in self._found(self._names, tree):
            yield (node.text or b"").decode("utf-8", "replace")

    def is_wrong(self, tree: Tree) -> bool:
        """Whether there is an error in it that the grammar does not know."""
        return bool(self._found(self._wrong, tree))

    def is_unfinished(self, tree: Tree) -> bool:
        """Whether it ends with something that needs more, which the grammar does not know."""
        end = len((tree.root_node.text or b"").rstrip())
        return any(node.end_byte >= end for node in self._found(self._unfinished, tree))

    def depth(self, tree: Tree) -> int:
        """How many brackets are open at the end; -1 where one is closed that was not open."""
        depth = 0
        for node in self._found(self._brackets, tree):
            depth += _BRACKETS[node.type]
            if depth < 0:
                return -1
        return depth

    def open_text(self, source: bytes, closers: Iterable[str]) -> _OpenText | None:
        """The string or comment that is open at the end of ``source``, if a closer ends it."""
        for closer in closers:
            tree = self.parse(source + closer.encode() + b"\n")
            node = _text_around(_node_before(tree, len(source)))
            if node and node.start_byte < len(source) < node.end_byte:
                if _is_comment(node) and not closer.startswith("\n"):
                    return None  # a comment that ends with its line
                return _OpenText(closer, _is_comment(node))
        return None

    def is_sound_wrapped(self, source: bytes, wrap: tuple[str, str]) -> bool:
        """Whether ``source`` parses between the two, or would with its last expression ended."""
        prefix, suffix = (each.encode() for each in wrap)
        if self._is_one(self.parse(prefix + source + b"\n" + suffix)):
            return True
        before = prefix + source + b"\n;"
        tree = self.parse(before + suffix)
        statement = _node_before(tree, len(before)).parent
        if not self._is_one(tree) or statement is None or statement.type != "expression_statement":
            return False
        body = statement.parent
        ends = body is not None and body.end_byte == tree.root_node.end_byte
        return ends and statement.named_child_count > 0

    @staticmethod
    def _is_one(tree: Tree) -> bool:
        """Whether it is sound, and one thing: the code did not close what it is wrapped in."""
        return not tree.root_node.has_error and tree.root_node.named_child_count == 1

    def is_mendable(self, source: bytes) -> bool:
        """Whether nothing is wrong with ``source`` but, perhaps, that it ends too early."""
        watch = _FirstError()
        self._parser.logger = watch
        try:
            tree = self.parse(source + b"\n")
        finally:
            del self._parser.logger
        if not tree.root_node.has_error:
            return True
        position = _POSITION.search(watch.position)
        if not position:
            return False
        row, column = int(position[1]), int(position[2])
        return not b"\n".join(source.split(b"\n")[row:])[column:].strip()

    def _kinds(self, pattern: re.Pattern[str]) -> list[str]:
        """The grammar's visible, named node types that the pattern finds."""
        language = self._language
        return sorted(
            {
                kind
                for number in range(language.node_kind_count)
                if language.node_kind_is_visible(number) and language.node_kind_is_named(number)
                if (kind := language.node_kind_for_id(number)) and pattern.search(kind)
            }
        )

    def _query(self, text: str) -> Query | None:
        from tree_sitter import Query

        return Query(self._language, text) if text else None

    def _found(self, query: Query | None, tree: Tree) -> list[Node]:
        """The nodes that a query names ``@node``, in their order."""
        from tree_sitter import QueryCursor

        if query is None:
            return []
        nodes = QueryCursor(query).captures(tree.root_node).get("node", [])
        return sorted(nodes, key=lambda node: node.start_byte)


class _FirstError:
    """A logger for tree-sitter that keeps where the parser first knew no way to go on.

    The parser tries several ways at once and resumes one of them as soon as all have failed, so
    the last failure before it resumes is the one that got farthest.
    """

    def __init__(self) -> None:
        self.position = ""
        self._now = ""
        self._resumed = False

    def __call__(self, kind: LogType, message: str) -> None:
        if self._resumed:
            return
        if message.startswith("process"):
            self._now = message
        elif message.startswith("detect_error"):
            self.position = self._now
        elif message.startswith("resume"):
            self._resumed = True


def _encode(code: str) -> bytes:
    return code.encode("utf-8", "replace")


def _mendable(mendable: bool) -> Status:
    return "incomplete" if mendable else "invalid"


def _matches(typed: str, groups: Iterable[Iterable[str]]) -> Iterator[str]:
    """The words that begin with ``typed`` and go on, each once, sorted in each group."""
    seen = {typed}
    for group in groups:
        words = {word for word in group if word.startswith(typed)} - seen
        yield from sorted(words)
        seen |= words


def _ends_with(line: str, opener: str) -> bool:
    """Whether a line ends with an opener, as a word of its own if it is one."""
    if not line.endswith(opener):
        return False
    before = line.removesuffix(opener)[-1:]
    return not (opener[0].isalnum() and (before.isalnum() or before == "_"))


def _lineage(node: Node) -> Iterator[Node]:
    """A node, its parent, and so on up to the root."""
    current: Node | None = node
    while current is not None:
        yield current
        current = current.parent


def _node_before(tree: Tree, end: int) -> Node:
    """The smallest node with the byte before ``end`` in it."""
    start = max(0, end - 1)
    return tree.root_node.descendant_for_byte_range(start, end) or tree.root_node


def _is_comment(node: Node) -> bool:
    return "comment" in node.type


def _text_around(node: Node) -> Node | None:
    """The string or comment that a node is in; None inside code that is set into a string."""
    for each in _lineage(node):
        if _TRANSPARENT.search(each.type):
            return None
        if each.is_named and _OPAQUE.search(each.type):
            text = each
            while text.parent is not None and _OPAQUE.search(text.parent.type):
                text = text.parent
            return text
    return None


def _code_end(tree: Tree, source: bytes) -> int:
    """Where the last token ends that is not a comment."""
    end = len(source.rstrip())
    while end and _is_comment(node := _node_before(tree, end)):
        end = len(source[: node.start_byte].rstrip())
    return end
