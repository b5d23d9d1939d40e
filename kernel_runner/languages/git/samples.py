"""Sample commands of Git: cells, and what they must show."""

from kernel_runner.language import Sample

REPOSITORY = """\
rm -rf sample && init -q -b main sample && cd sample
config user.name Ann && config user.email ann@example.org
echo one > file && add file && commit -q -m 'first: žluťoučký 🐎'"""

SAMPLES = {
    "hello": (Sample("git --version", stdout=r"git version \S.*\n"),),
    "state": (
        Sample(REPOSITORY, stdout=""),
        Sample("rev-list --count HEAD; status --short --branch", stdout="1\n## main\n"),
    ),
    "unicode": (
        Sample(REPOSITORY),
        Sample("log --format=%s", stdout="first: žluťoučký 🐎\n"),
    ),
    "error": (
        Sample(
            "echo before\ncheckout no-such-branch",
            stdout="before\n",
            stderr="(?s:.*)(no-such-branch|not a git repository)(?s:.*)",
            error="ExitCode",
        ),
    ),
    "rich output": (Sample(REPOSITORY), Sample("show graph", mime="image/svg+xml")),
    "stdin": (
        Sample(
            'read -r -p "message? " message; echo "[$message]"',
            stdout=r"\[second\]\n",
            stderr=r"message\? ",
            answers=("second",),
        ),
    ),
    "interrupt": (
        Sample(
            "kept=yes; echo running; sleep 1000",
            stdout="running\n",
            error="Interrupted",
            interrupt=True,
        ),
        Sample('echo "$kept"', stdout="yes\n"),
    ),
    "exit": (Sample("exit 3", error="ExitCode", traceback="exit code 3"),),
}
