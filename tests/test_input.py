"""Programs that read their stdin, unchanged, in every language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from client import Client, Kernel
from conftest import Start

LOOPS = {
    "python": "while True:\n    try:\n        print('<' + input('name? ') + '>')\n"
    "    except EOFError:\n        print('end')\n        break",
    "bash": "while read -r -p 'name? ' name; do echo \"<$name>\"; done; echo end",
    "nodejs": """\
const reader = require("readline").createInterface({ input: process.stdin });
for await (const line of reader) console.log(`<${line}>`);
console.log("end");""",
    "c": r"""
#include <stdio.h>
int main(void) {
    char name[100];
    while (printf("name? "), fgets(name, sizeof name, stdin)) {
        for (char *c = name; *c; c++) if (*c == '\n') *c = 0;
        printf("<%s>\n", name);
    }
    puts("end");
}""",
    "git": 'while read -r name; do echo "<$name>"; done; echo end',
}
COUNT = {
    "python": "answer = input()\nprint(len(answer), answer[:2], answer[-2:])",
    "bash": 'read -r answer; echo "${#answer} ${answer:0:2} ${answer: -2}"',
    "nodejs": """\
const lines = require("readline").createInterface({ input: process.stdin });
const answer = await new Promise((done) => lines.question("", done));
lines.close();
console.log(answer.length, answer.slice(0, 2), answer.slice(-2));""",
    "c": r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
    char *answer = 0;
    size_t room = 0;
    int length = (int) getline(&answer, &room, stdin) - 1;
    printf("%d %.2s %.2s\n", length, answer, answer + length - 2);
}""",
}
READER = {
    "python": "print('asking', flush=True)\nanswer = input()\nprint('got', answer)",
    "bash": "echo asking; read -r answer; echo got $answer",
    "nodejs": """\
console.log("asking");
const lines = require("readline").createInterface({ input: process.stdin });
const answer = await new Promise((done) => lines.question("", done));
lines.close();
console.log("got", answer);""",
    "c": r"""
#include <stdio.h>
int main(void) {
    char answer[100];
    puts("asking");
    if (!fgets(answer, sizeof answer, stdin)) return 1;
    printf("got %s", answer);
}""",
    "raku": "say 'asking'; my $answer = get; say 'got ' ~ $answer",
}
TTY = r"""
#include <stdio.h>
#include <string.h>
#include <termios.h>
int main(void) {
    FILE *tty = fopen("/dev/tty", "r+");
    struct termios before, quiet;
    char secret[100];
    tcgetattr(fileno(tty), &before);
    quiet = before;
    quiet.c_lflag &= ~ECHO;
    tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
    fputs("Passphrase: ", tty);
    fflush(tty);
    fgets(secret, sizeof secret, tty);
    tcsetattr(fileno(tty), TCSAFLUSH, &before);
    printf("%zu\n", strlen(secret) - 1);
}"""


@pytest.mark.parametrize("language", LOOPS)
def test_a_loop_over_stdin(shared: Callable[[str], Kernel], language: str) -> None:
    client = shared(language).client
    cell = client.cell(LOOPS[language], ["one", "", "žluť 🐎", "\x04"])
    assert cell.status == "ok", cell
    said = cell.stdout.replace("name? ", "")
    assert said == "<one>\n<>\n<žluť 🐎>\nend\n"
    assert len(cell.requests) == 4
    assert not any(password for _, password in cell.prompts)


@pytest.mark.parametrize("language", LOOPS)
def test_a_client_that_cannot_answer_gives_the_end_of_the_file(
    shared: Callable[[str], Kernel], language: str
) -> None:
    cell = shared(language).client.cell(LOOPS[language], allow_stdin=False)
    assert cell.requests == []
    assert cell.stdout.replace("name? ", "") == "end\n"


def test_pythons_prompt_is_the_boxs(python: Client) -> None:
    cell = python.cell("input('How many? ')", ["3"])
    assert cell.prompts == [("How many? ", False)]
    assert cell.text == "'3'"


@pytest.mark.parametrize("language", COUNT)
def test_a_long_answer_arrives_whole(shared: Callable[[str], Kernel], language: str) -> None:
    client = shared(language).client
    cell = client.cell(COUNT[language], ["ab" + "x" * 100_000 + "yz"])
    assert cell.stdout == "100004 ab yz\n", cell
    # And a short one as before.
    assert client.cell(COUNT[language], ["abyz"]).stdout == "4 ab yz\n"


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("python", "import getpass\nprint(len(getpass.getpass()))"),
        ("bash", "read -r -s -p 'Password: ' secret; echo; echo ${#secret}"),
        ("c", TTY),
        ("bash", "python3 -c 'import getpass; print(len(getpass.getpass()))'"),
    ],
)
def test_a_password_prompt_is_hidden(
    shared: Callable[[str], Kernel], language: str, code: str
) -> None:
    client = shared(language).client
    cell = client.cell(code, ["open sesame"])
    assert [password for _, password in cell.prompts] == [True], cell
    assert cell.stdout.strip().endswith("11"), cell
    assert "sesame" not in cell.output
    # The next question is an open one again.
    assert [password for _, password in client.cell(READER[language], ["x"]).prompts] == [False]


@pytest.mark.parametrize("language", READER)
def test_an_interrupt_while_a_program_waits_for_input(
    shared: Callable[[str], Kernel], language: str
) -> None:
    client = shared(language).client
    cell = client.execute(READER[language])
    client.asked(cell)
    client.interrupt()
    assert client.finish(cell).status == "error"
    assert cell.error["ename"] in ("KeyboardInterrupt", "Interrupted")
    assert "got" not in cell.stdout
    # What was typed too late is nobody's: the next question gets its own answer.
    client.answer(cell, "too late")
    after = client.cell(READER[language], ["in time"])
    # (The first cell's listener lives on in JavaScript, and hears the answer as well.)
    assert after.stdout.startswith("asking\ngot in time\n"), after


@pytest.mark.parametrize("language", READER)
def test_two_cells_that_ask(shared: Callable[[str], Kernel], language: str) -> None:
    client = shared(language).client
    cells = [client.execute(READER[language], [answer]) for answer in ("first", "second")]
    for cell in cells:
        client.finish(cell)
    assert [cell.stdout for cell in cells] == ["asking\ngot first\n", "asking\ngot second\n"]
    assert [len(cell.requests) for cell in cells] == [1, 1]


def test_the_client_that_sent_the_cell_is_asked(start: Start) -> None:
    kernel = start("bash")
    first, second = kernel.client, kernel.connect()
    one = first.execute(READER["bash"])
    first.asked(one)
    two = second.execute(READER["bash"], ["from the second"])
    first.answer(one, "from the first")
    assert first.finish(one).stdout == "asking\ngot from the first\n"
    assert second.finish(two).stdout == "asking\ngot from the second\n"


def test_a_program_that_ends_while_the_box_is_open(bash: Client) -> None:
    cell = bash.execute("echo asking; sh -c 'read answer' & wait_for=$!; read -r -t 1 answer; :")
    bash.asked(cell)
    bash.finish(cell)
    assert cell.status == "ok", cell
    bash.answer(cell, "too late")
    assert bash.cell(READER["bash"], ["in time"]).stdout == "asking\ngot in time\n"


def test_a_session_that_dies_while_the_box_is_open(start: Start) -> None:
    client = start("python").client
    cell = client.execute(
        "import os, threading\nthreading.Timer(0.5, os._exit, [3]).start()\ninput('ready? ')"
    )
    client.asked(cell)
    client.finish(cell)
    assert cell.error["ename"] == "ExitCode"
    client.answer(cell, "too late")
    assert client.cell("input()", ["in time"]).text == "'in time'"


def test_a_child_of_a_session_that_reads(python: Client) -> None:
    cell = python.cell("import subprocess\nsubprocess.run(['head', '-n', '2']); None", ["a", "b"])
    assert cell.stdout == "a\nb\n"
    assert len(cell.requests) == 2


def test_a_quiet_program_is_not_taken_for_one_that_reads(bash: Client) -> None:
    cell = bash.cell("sleep 1; echo slept")
    assert cell.stdout == "slept\n"
    assert cell.requests == []
