"""What a session must bear: it may answer with an error, but never hang or be confused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from client import Client, Exchange, Kernel

from kernel_runner.languages import LANGUAGES, runner_class
from kernel_runner.session_runner import SessionRunner

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Words:
    """What a language's bad cells are made of.

    value: a cell whose result, or output, has 42 in it. unclosed: begins what is never ended.
    broken: pieces that cannot stand in a cell. closes: a cell that closes fds 0 to 4; empty where
    the language has no way to. prints: a cell that prints the text ``{}``.
    """

    value: str
    unclosed: str
    broken: tuple[str, ...]
    prints: str
    closes: str = ""


WORDS = {
    "bash": Words(
        "echo 42", "echo 'open", ("if", ")", "fi"), "echo '{}'", "exec 0<&- 1>&- 2>&- 3>&- 4>&-"
    ),
    "c": Words(
        "42", 'char *s = "open', ("int = ;", ")", "}"), '#include <stdio.h>\nputs("{}");',
        "#include <unistd.h>\nfor (int fd = 0; fd < 5; fd++) close(fd);",
    ),
    "cpp": Words(
        "42", 'auto s = "open', ("int = ;", ")", "}"), '#include <cstdio>\nputs("{}");',
        "#include <unistd.h>\nfor (int fd = 0; fd < 5; fd++) close(fd);",
    ),
    "coffeescript": Words(
        "42", "'open", ("x = = 1", ")", "}"), "console.log '{}'",
        "for n in [0..4] then try require('fs').closeSync n",
    ),
    "git": Words("echo 42", "echo 'open", ("if", ")", "fi"), "echo '{}'"),
    "perl": Words(
        "42", "my $x = 'open", ("if (", ")", "sub {"), "print '{}'",
        "use POSIX (); POSIX::close($_) for 0 .. 4; undef",
    ),
    "elixir": Words(
        "42",
        'x = "open',
        ("fn ->", ")", "end", "x = = 1"),
        'IO.puts(~S"{}")',
        "for fd <- 0..4, do: Port.close(Port.open({:fd, fd, fd}, [:out]))",
    ),
    "erlang": Words("42.", 'X = "open', ("if", ")", "end."), 'io:put_chars("{}").'),
    "forth": Words(
        "42", ": open", ("else", ";", "missing"), '." {}"',
        "stdin close-file drop  stdout close-file drop  stderr close-file drop",
    ),
    "gap": Words("42", 's := "open', ("if", ")", "od;"), 'Print("{}");'),
    "java": Words(
        "42", 'var s = "open', ("int = ;", ")", "}"), 'System.out.println("{}")'
    ),
    "clojure": Words("42", '(def s "open', ("(def", ")", "}"), '(println "{}")'),
    "kotlin": Words("42", 'val s = "open', ("val = ;", ")", "}"), 'println("{}")'),
    "scala": Words("42", 'val s = "open', ("val = ;", ")", "}"), 'println("{}")'),
    "groovy": Words(
        "42", "def s = 'open", ("def = ;", ")", "}"), "println '{}'"
    ),
    "haskell": Words("42", 's = "open', ("let = ", ")", "}"), 'putStrLn "{}"'),
    "julia": Words("42", 's = "open', (")", "]", "end"), 'println("{}")'),
    "lisp": Words(
        "42", '(print "open', ("(let ((", ")", "#<"), '(write-line "{}")',
        "(dotimes (fd 5) (sb-unix:unix-close fd))",
    ),
    "lua": Words("42", "s = 'open", ("if", ")", "end"), "print('{}')"),
    "maxima": Words("42;", 's: "open', ("if;", ")", "x y;"), 'printf(true, "{}~%")$'),
    "nodejs": Words(
        "42", "'open", ("let = ;", ")", "}"), "console.log('{}')",
        "for (let n = 0; n < 5; n++) try { require('fs').closeSync(n) } catch {}",
    ),
    "octave": Words("42", "x = 'open", ("if", ")", "end end"), "disp('{}')"),
    "ocaml": Words(
        "42", 'let s = "open', ("let = ;;", ")", "end"), 'print_endline "{}"',
        "List.iter (fun n -> try Unix.close (Obj.magic (n : int)) with _ -> ()) [0; 1; 2; 3; 4]",
    ),
    "php": Words(
        "42;", "$s = 'open", ("if (", ")", "}"), "echo '{}', PHP_EOL;",
        "fclose(STDIN); fclose(STDOUT); fclose(STDERR);",
    ),
    "prolog": Words(
        "?- X = 42.", "f('open", ("f(.", ")", "}."), ":- writeln('{}').",
        ":- close(user_input), close(user_output), close(user_error).",
    ),
    "python": Words(
        "42", "'open", ("if", ")", "  x = 1"), "print('{}')", "import os; os.closerange(0, 5)"
    ),
    "r": Words("42", "'open", ("if (", ")", "}"), "cat('{}\\n')"),
    "racket": Words("42", '(display "open', ("(let ((", ")", "#<"), '(display "{}")'),
    "raku": Words("42", "my $s = 'open", ("if", ")", "}"), "print '{}'"),
    "ruby": Words(
        "42", "'open", ("def", ")", "end"), "puts '{}'",
        "5.times { |n| IO.for_fd(n).close rescue nil }; nil",
    ),
    "rust": Words(
        "42", 'let s = "open', ("let = ;", ")", "}"), 'println!("{}");',
        'extern "C" { fn close(fd: i32) -> i32; }\nfor fd in 0..5 { unsafe { close(fd) }; }',
    ),
    "scheme": Words(
        "42", '(display "open', ("(let ((", ")", "#<"), '(display "{}")',
        "(for-each (lambda (fd) (false-if-exception (close-fdes fd))) '(0 1 2 3 4))",
    ),
    "sql": Words("SELECT 42", "SELECT 'open", ("SELECT FROM;", ")", "42 42;"), "SELECT '{}'"),
    "tcl": Words(
        "expr 42", 'puts "open', ("if", "}", "expr )"), "puts {{{}}}",
        "foreach stream {stdin stdout stderr} { close $stream }",
    ),
    "typescript": Words(
        "42", "'open", ("let = ;", ")", "}"), "console.log('{}')",
        "for (let n = 0; n < 5; n++) try { require('fs').closeSync(n) } catch {}",
    ),
}  # fmt: skip
SESSIONS = [name for name in LANGUAGES if issubclass(runner_class(name), SessionRunner)]


@pytest.fixture(params=SESSIONS)
def language(request: pytest.FixtureRequest) -> str:
    """Each language that has a session."""
    return str(request.param)


@pytest.fixture
def words(language: str) -> Words:
    """What its bad cells are made of."""
    assert language in WORDS, f"describe {language} in WORDS"
    return WORDS[language]


@pytest.fixture
def client(shared: Callable[[str], Kernel], language: str) -> Client:
    """A client of its kernel."""
    return shared(language).client


def shown(cell: Exchange) -> str:
    """All that a cell has shown."""
    bundles = [cell.result, *cell.displays]
    return cell.stdout + "".join(str(data) for bundle in bundles for data in bundle.values())


def works(client: Client, words: Words) -> None:
    """The session answers the next cell as if nothing had been."""
    cell = client.cell(words.value)
    assert cell.status == "ok", cell
    assert "42" in shown(cell), cell


def test_a_syntax_error_anywhere_is_an_error(client: Client, words: Words) -> None:
    for broken in words.broken:
        for lines in ((broken, words.value), (words.value, broken), (words.value, broken) * 2):
            cell = client.cell("\n".join(lines))
            assert cell.status == "error", cell
    works(client, words)


def test_an_unclosed_string_is_an_error(client: Client, words: Words) -> None:
    assert client.cell(words.unclosed).status == "error"
    assert client.cell(f"{words.value}\n{words.unclosed}\n").status == "error"
    works(client, words)


@pytest.mark.parametrize("code", ["\0", "{}\0", "\0{}", "{}\n\0\n{}"])
def test_a_null_character_is_at_most_an_error(client: Client, words: Words, code: str) -> None:
    client.cell(code.replace("{}", words.value))
    works(client, words)


@pytest.mark.parametrize("code", ["\x1b[31m", "\ufeff{}", "{}\r\n{}", "\x04\x03\x1a"])
def test_strange_characters_are_at_most_an_error(client: Client, words: Words, code: str) -> None:
    client.cell(code.replace("{}", words.value))
    works(client, words)


def test_a_megabyte_is_a_cell_like_another(client: Client, words: Words) -> None:
    text = "x" * MEGABYTE
    cell = client.cell(words.prints.replace("{}", text))
    assert cell.status == "error" or text in shown(cell).replace("\n", ""), cell.error
    works(client, words)


@pytest.mark.parametrize("frame", ["K 1", "X 2 1 1 1", "R 0 1", "D 3 6 0 0 10 1", "9" * 70])
def test_what_looks_like_a_frame_is_text(client: Client, words: Words, frame: str) -> None:
    cell = client.cell(words.prints.replace("{}", frame))
    assert cell.status == "ok", cell
    assert frame in shown(cell), cell
    works(client, words)


def test_a_cell_may_close_the_lowest_descriptors(client: Client, words: Words) -> None:
    if words.closes:
        client.cell(words.closes)
    client.cell(words.value)
    # Without stdout it may have nothing to say; a fresh session has.
    if client.cell(words.value).status != "ok" or "echo" in words.value:
        client.cell("%reset")
    works(client, words)
