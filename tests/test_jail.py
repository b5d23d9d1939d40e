"""Jails: what programs do to get out, or to take all there is; and that all else works inside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from client import Client, Exchange, Kernel, plain
from conftest import close_all, require

from kernel_runner.jail.policy import SHIPPED

TIERS = ("namespaces", "landlock")
LANGUAGES = ("bash", "c", "python")
SYSTEM = "[/bin, /etc, /lib, /lib32, /lib64, /opt, /sbin, /usr]"
SECRET = "the other one's secret"
C_HEADERS = """\
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
"""
READ_IN_C = """\
{ FILE *f = fopen("%s", "r"); char b[999] = ""; if (f) fread(b, 1, 998, f), fclose(f);
printf("%%s %%s\\n", b, strerror(errno)); }"""


def write_policy(folder: Path, tier: str, text: str = "", name: str = "strict") -> Path:
    """A policy file: a shipped one, or the text as its program part; in one of the tiers."""
    path = folder / f"{name}-{tier}.yml"
    whole = f"program:\n  read: {SYSTEM}\n{text}" if text else (SHIPPED / f"{name}.yml").read_text()
    kept = whole.replace(
        "\nprogram:", f"\nprogram:\n  namespaces: {str(tier == 'namespaces').lower()}"
    )
    if text:
        kept = f"degrade: false\n{whole}".replace(
            "program:", f"program:\n  namespaces: {str(tier == 'namespaces').lower()}"
        )
    path.write_text(kept)
    return path


@pytest.fixture(scope="module", params=TIERS)
def tier(request: pytest.FixtureRequest) -> str:
    """How a jail is made: with user namespaces, or without."""
    return str(request.param)


@pytest.fixture(scope="module")
def jailed(
    tier: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Kernel]]:
    """The module's own kernel of a language under the strict policy, in a tier."""
    kernels: dict[str, Kernel] = {}

    def jailed(language: str) -> Kernel:
        require(language)
        if language not in kernels:
            folder = tmp_path_factory.mktemp(f"jail-{language}")
            policy = write_policy(folder, tier)
            other = folder / "other"
            other.write_text(SECRET)
            other.chmod(0o600)
            kernels[language] = Kernel(language, folder / "work", "--jail", str(policy))
            if language == "c":
                kernels[language].client.cell(C_HEADERS)
        return kernels[language]

    yield jailed
    close_all(list(kernels.values()))


@dataclass
class Attack:
    """What a cell of each language tries, and what must come of it.

    {pid}, {connection} and {other} stand for the kernel's process, its connection file, and
    another's file. shown: a pattern to be found in the cell's output or its error. error: the
    error's name, where the cell must fail with it.
    """

    bash: str
    c: str
    python: str
    shown: str = ""
    error: str = ""
    tiers: tuple[str, ...] = TIERS

    def code(self, kernel: Kernel) -> str:
        """The cell for a kernel."""
        text: str = getattr(self, kernel.language)
        connection = kernel.connection_file
        text = text.replace("{pid}", str(kernel.pid)).replace("{connection}", connection)
        return text.replace("{other}", str(kernel.folder.parent / "other"))


REFUSED = r"Operation not permitted|Permission denied|PermissionError|EPERM|No such process|"
REFUSED += r"ProcessLookupError"
UNSEEN = r"No such file|Permission denied|PermissionError|FileNotFoundError"
ATTACKS = {
    "fork bomb": Attack(
        bash="bomb() { bomb | bomb & }; bomb; for i in {1..300}; do sleep 60 & done; echo over",
        c="int made = 0; for (int i = 0; i < 4000; i++) { int p = fork(); if (p == 0) { pause(); }"
        ' if (p < 0) break; made++; } printf("made %s\\n", made < 300 ? "few" : "many");',
        python="import subprocess\nmade = []\ntry:\n    while len(made) < 4000:\n"
        "        made.append(subprocess.Popen(['sleep', '60']))\nexcept OSError as e:\n"
        "    print(e)\nprint('few' if len(made) < 300 else 'many')",
        shown="fork: retry|Resource temporarily unavailable|few",
    ),
    "memory bomb": Attack(
        bash="tail /dev/zero",
        c='for (;;) { char *p = malloc(1 << 24); if (!p) { puts("no memory"); exit(3); }'
        " memset(p, 1, 1 << 24); }",
        python="kept = []\nwhile True: kept.append(bytearray(1 << 24))",
        shown="memory limit of 1 GiB exceeded|exit code 3|MemoryError|memory exhausted",
    ),
    "full disk": Attack(
        bash='for i in 1 2 3 4 5 6; do head -c 60M /dev/zero >"$TMPDIR/fill-$i"; done; '
        'head -c 70M /dev/zero >"$TMPDIR/large"; echo $?; rm -f "$TMPDIR"/fill-*',
        c='{ char big[1 << 16] = ""; long all = 0; signal(SIGXFSZ, SIG_IGN); '
        "for (int n = 0; n < 40; n++) { char name[400]; "
        'snprintf(name, 400, "%s/fill-%d", getenv("TMPDIR"), n); '
        "int f = open(name, O_CREAT | O_WRONLY, 0600); long w; "
        "while ((w = write(f, big, sizeof big)) > 0) all += w; "
        'if (errno == ENOSPC) puts(strerror(errno)); close(f); } system("rm -f $TMPDIR/fill-*");'
        ' printf("wrote %ld\\n", all); }',
        python="import os\nfor n in range(40):\n"
        "    with open(os.environ['TMPDIR'] + f'/fill-{n}', 'wb', 0) as f:\n"
        "        for _ in range(60): f.write(bytes(1 << 20))",
        shown="No space left",
        tiers=("namespaces",),
    ),
    "output flood": Attack(
        bash="yes",
        c='for (;;) puts("flood flood flood flood flood flood flood flood flood flood");',
        python="while True: print('flood' * 20)",
        error="OutputLimit",
        shown="output limit of 64 MiB exceeded",
    ),
    "descriptors": Attack(
        bash="(for i in {1..3000}; do exec {fd}</dev/null || { echo few; exit; }; done; echo many)",
        c='{ int n = 0, fd, first = -1; while ((fd = open("/dev/null", 0)) >= 0) { n++; '
        'if (first < 0) first = fd; } printf("%s\\n", n < 300 ? "few" : "many"); '
        "for (fd = first; fd < 300; fd++) close(fd); }",
        python="files = [open('/dev/null') for _ in range(3000)]",
        shown="few|Too many open files",
    ),
    "the shadow file": Attack(
        bash="cat /etc/shadow",
        c=READ_IN_C % "/etc/shadow",
        python="open('/etc/shadow').read()",
        shown=UNSEEN,
    ),
    "another's file": Attack(
        bash="cat {other}",
        c=READ_IN_C % "{other}",
        python="open('{other}').read()",
        shown=UNSEEN,
    ),
    "the connection file": Attack(
        bash="cat {connection}",
        c=READ_IN_C % "{connection}",
        python="open('{connection}').read()",
        shown=UNSEEN,
    ),
    "the kernel's environment": Attack(
        bash="cat /proc/{pid}/environ",
        c=READ_IN_C % "/proc/{pid}/environ",
        python="open('/proc/{pid}/environ').read()",
        shown=UNSEEN,
    ),
    "the kernel's memory": Attack(
        bash="head -c 9 /proc/{pid}/mem",
        c='printf("%d %s\\n", open("/proc/{pid}/mem", O_RDWR), strerror(errno));',
        python="open('/proc/{pid}/mem', 'r+b')",
        shown=UNSEEN,
    ),
    "the supervisor's descriptors": Attack(
        bash="for fd in /proc/1/fd/{3..20}; do cat $fd; done",
        c='printf("%d %s\\n", open("/proc/1/fd/3", O_RDWR), strerror(errno));',
        python="open('/proc/1/fd/3')",
        shown=UNSEEN,
    ),
    "a signal to the kernel": Attack(
        bash="kill -9 {pid}; kill -9 -1 2>&1 | head -n 1; kill -9 1; echo over",
        c='printf("%d %s\\n", kill({pid}, 9), strerror(errno));',
        python="import os\nos.kill({pid}, 9)",
        shown=f"{REFUSED}|over",
    ),
    "ptrace": Attack(
        bash='python3 -c "import ctypes; l = ctypes.CDLL(None, use_errno=True); '
        'print(l.ptrace(16, {pid}, 0, 0), ctypes.get_errno())"',
        c='printf("%ld %d\\n", ptrace(PTRACE_ATTACH, {pid}, 0, 0), errno);',
        python="import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.ptrace(16, {pid}, 0, 0), ctypes.get_errno())",
        shown="^-1 1$",
    ),
    "the network": Attack(
        bash="exec 9<>/dev/tcp/127.0.0.1/22",
        c='printf("%d %s\\n", socket(AF_INET, SOCK_STREAM, 0), strerror(errno));',
        python="import socket\nsocket.create_connection(('127.0.0.1', 22), 5)",
        shown="Address family not supported",
    ),
    "mount": Attack(
        bash="mount -t tmpfs none /tmp; unshare -Ur true; echo over",
        c='printf("%d %s\\n", mount("none", "/tmp", "tmpfs", 0, ""), strerror(errno));',
        python="import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.mount(b'none', b'/tmp', b'tmpfs', 0, b''), os.strerror(ctypes.get_errno()))",
        shown=r"permission denied|must be superuser|Operation not permitted",
    ),
    "another user": Attack(
        bash='grep -E "NoNewPrivs|CapEff" /proc/self/status; su nobody -s /bin/sh -c "echo out"',
        c='printf("%d %s\\n", setuid(getuid() + 4321), strerror(errno));',
        python="import os\nos.setuid(os.getuid() + 4321)",
        shown=rf"{REFUSED}|Invalid argument|NoNewPrivs:\s+1",
    ),
    "a daemon": Attack(
        bash="(setsid sh -c 'sleep 1000; echo jail-daemon' &); echo",
        c="if (fork() == 0) { setsid(); if (fork() == 0) for (;;) pause(); _exit(0); } wait(0);",
        python="import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        os.execlp('sleep', 'sleep', '1000')\n    os._exit(0)\n_ = os.wait()",
    ),
}
AFTER = {"bash": "echo $((6*7))", "c": "6 * 7", "python": "6 * 7"}
CASES = [
    pytest.param(language, name, id=f"{language}-{name}")
    for language in LANGUAGES
    for name in ATTACKS
]


def text_of(cell: Exchange) -> str:
    """All that a cell has shown, its error included."""
    return plain("\n".join([cell.output[-4000:], *cell.error.get("traceback", [])]))


def works(client: Client, language: str) -> bool:
    """Whether the next cell is fine."""
    cell = client.cell(AFTER[language])
    return "42" in (cell.text or cell.stdout)


def programs(kernel: Kernel) -> list[str]:
    """The names of the kernel's processes, but for its own."""
    running = [p for p in kernel.processes() if p.status() != psutil.STATUS_ZOMBIE]
    return sorted(process.name() for process in running if process.pid != kernel.pid)


@pytest.mark.parametrize(("language", "name"), CASES)
def test_an_attack_is_stopped(
    jailed: Callable[[str], Kernel], tier: str, language: str, name: str
) -> None:
    kernel, attack = jailed(language), ATTACKS[name]
    if tier not in attack.tiers:
        return
    assert works(kernel.client, language)
    before = programs(kernel)
    cell = kernel.client.cell(attack.code(kernel))
    assert re.search(attack.shown, text_of(cell), re.MULTILINE | re.IGNORECASE), cell
    assert "root:" not in text_of(cell) and SECRET not in text_of(cell)
    if attack.error:
        assert cell.error["ename"] == attack.error
    assert works(kernel.client, language)
    assert programs(kernel) == before


@pytest.mark.parametrize("language", ["bash", "python"])
def test_nothing_is_written_after_the_cell(
    jailed: Callable[[str], Kernel], tmp_path: Path, language: str
) -> None:
    shell = "setsid sh -c 'sleep 0.5; echo late >\"$TMPDIR/late\"; echo late' &"
    look = 'sleep 1; ls "$TMPDIR"; pgrep -c sleep'
    if language == "python":
        shell, look = (f"import os; _ = os.system({text!r})" for text in (shell, look))
    client = jailed(language).client
    assert client.cell(shell).status == "ok"
    assert "late" not in client.cell(look).output
