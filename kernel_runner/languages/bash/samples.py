"""Sample programs in Bash: cells, and what they must show."""

from kernel_runner.language import Sample

SAMPLES = {
    "hello": (Sample('echo "hello, world"', stdout="hello, world\n"),),
    "state": (
        Sample('declare -A price=([tea]=3)\ntwice() { echo "$(($1 * 2))"; }\ncd /'),
        Sample('twice "${price[tea]}"; pwd', stdout="6\n/\n"),
    ),
    "error": (
        Sample(
            "echo before\n\nno-such-command",
            stdout="before\n",
            stderr=r"In\[\d+\]: line 3: no-such-command: command not found\n",
            error="ExitCode",
            traceback="exit code 127",
        ),
    ),
    "syntax error": (
        Sample(
            "echo before\nif true; then\nfi", stdout="", error="SyntaxError", traceback="line 3"
        ),
    ),
    "stdin": (
        Sample(
            'while read -r line; do echo "$line$line"; done',
            stdout="oneone\ntwotwo\n",
            answers=("one", "two", "\x04"),
        ),
    ),
    "interrupt": (
        Sample(
            "n=1\necho running\nwhile :; do ((n += 1)); done",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample("((n > 0)) && echo kept", stdout="kept\n"),
    ),
    "rich output": (
        Sample("echo '<b>bold</b>' | displayHTML", mime="text/html"),
        Sample(
            "printf '\\x89PNG and so on' | display\necho behind",
            mime="image/png",
            stdout="behind\n",
        ),
        Sample(
            'file=$(mktemp); echo "<svg></svg>" >"$file"; display -i it "$file"; rm "$file"',
            mime="image/svg+xml",
        ),
        Sample("for ((i = 0; i < 20; i++)); do echo $i | display & done; wait"),
        Sample("display nowhere", error="ExitCode", stderr=".*nowhere.*\n"),
    ),
    "unicode": (
        Sample("word='žluťoučký 🐎 日本語'\necho \"$word ${#word}\"", stdout="žluťoučký 🐎 .*\n"),
    ),
    "exit": (
        Sample("kept=1\nexit 3", error="ExitCode", traceback="exit code 3"),
        Sample('echo "[$kept]"', stdout="\\[\\]\n"),
    ),
    "redefinition": (
        Sample("answer() { echo 1; }"),
        Sample("answer() { echo 42; }"),
        Sample("answer", stdout="42\n"),
    ),
    "deep recursion": (
        Sample("down() { down; }\nkept=1\ndown", error="ExitCode", stderr="(?s).*nesting level.*"),
        Sample("echo $kept", stdout="1\n"),
    ),
    "crash": (
        Sample("kept=1\nkill -SEGV $$", error="Signal", traceback="SIGSEGV"),
        Sample('echo "[$kept]"', stdout="\\[\\]\n"),
    ),
    "comments only": (Sample("# nothing"), Sample("")),
}
