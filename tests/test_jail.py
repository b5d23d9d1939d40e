"""Jails: what programs do to get out, or to take all there is; and that all else works inside."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from client import Client, Exchange, Kernel, plain
from conftest import Start, close_all, require, require_tool
from test_samples import check
from test_samples import run as run_sample

from kernel_runner.jail import VARIABLE
from kernel_runner.jail.policy import SHIPPED
from kernel_runner.languages import runner_class

TIERS = ("namespaces", "landlock")
LANGUAGES = ("bash", "c", "python")
SYSTEM = "[/bin, /etc, /lib, /lib32, /lib64, /opt, /sbin, /usr]"
COMMAND = [str(Path(sys.executable).parent / "kernel-runner")]
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


def write_policy(folder: Path, tier: str, program: str = "", **more: object) -> Path:
    """A policy's file: strict, or one with a program part of its own; in one of the tiers."""
    path = folder / f"policy-{tier}.yml"
    part = f"program:\n  namespaces: {str(tier == 'namespaces').lower()}\n"
    if program:
        text = f"{part}  read: {SYSTEM}\n{program}"
    else:
        text = (SHIPPED / "strict.yml").read_text().replace("program:\n", part)
    path.write_text(
        "".join(f"{name}: {json.dumps(value)}\n" for name, value in more.items()) + text
    )
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
        text = f"{C_HEADERS}{text}" if kernel.language == "c" else text
        return text.replace("{other}", str(kernel.folder.parent / "other"))


REFUSED = r"Operation not permitted|Permission denied|PermissionError|EPERM|No such process|"
REFUSED += r"ProcessLookupError"
UNSEEN = r"No such file|Permission denied|PermissionError|FileNotFoundError"
ATTACKS = {
    "fork bomb": Attack(
        bash="bomb() { bomb | bomb & }; bomb; echo over",
        c="int made = 0; for (int i = 0; i < 4000; i++) { int p = fork(); if (p == 0) { pause(); }"
        ' if (p < 0) break; made++; } printf("made %s\\n", made < 300 ? "few" : "many");',
        python="import subprocess\nmade = []\ntry:\n    while len(made) < 4000:\n"
        "        made.append(subprocess.Popen(['sleep', '60']))\nexcept OSError as e:\n"
        "    print(e)\nprint('few' if len(made) < 300 else 'many')",
        shown="over|few",
    ),
    "memory bomb": Attack(
        bash="tail /dev/zero",
        c='for (;;) { char *p = malloc(1 << 24); if (!p) { puts("no memory"); exit(3); }'
        " memset(p, 1, 1 << 24); }",
        python="kept = []\ntry:\n    while True: kept.append(bytearray(1 << 24))\n"
        "finally:\n    kept.clear()",
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
        c='{ long r = open("/proc/{pid}/mem", O_RDWR); printf("%ld %s\\n", r, strerror(errno)); }',
        python="open('/proc/{pid}/mem', 'r+b')",
        shown=UNSEEN,
    ),
    "the supervisor's descriptors": Attack(
        bash="for fd in /proc/1/fd/{3..20}; do cat $fd; done",
        c='{ long r = open("/proc/1/fd/3", O_RDWR); printf("%ld %s\\n", r, strerror(errno)); }',
        python="open('/proc/1/fd/3')",
        shown=UNSEEN,
    ),
    "a signal to the kernel": Attack(
        bash="kill -9 {pid}; kill -9 -1 2>&1 | head -n 1; kill -9 1; echo over",
        c='{ long r = kill({pid}, 9); printf("%ld %s\\n", r, strerror(errno)); }',
        python="import os\nos.kill({pid}, 9)",
        shown=f"{REFUSED}|over",
    ),
    "ptrace": Attack(
        bash=f'{sys.executable} -c "import ctypes; l = ctypes.CDLL(None, use_errno=True); '
        'print(l.ptrace(16, {pid}, 0, 0), ctypes.get_errno())"',
        c='{ long r = ptrace(PTRACE_ATTACH, {pid}, 0, 0); printf("%ld %d\\n", r, errno); }',
        python="import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.ptrace(16, {pid}, 0, 0), ctypes.get_errno())",
        shown="^-1 1$",
    ),
    "the network": Attack(
        bash="exec 9<>/dev/tcp/127.0.0.1/22",
        c='{ long r = socket(AF_INET, SOCK_STREAM, 0); printf("%ld %s\\n", r, strerror(errno)); }',
        python="import socket\nsocket.create_connection(('127.0.0.1', 22), 5)",
        shown="Address family not supported",
    ),
    "mount": Attack(
        bash="mount -t tmpfs none /tmp; unshare -Ur true; echo over",
        c='mount("none", "/tmp", "tmpfs", 0, ""); puts(strerror(errno));',
        python="import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.mount(b'none', b'/tmp', b'tmpfs', 0, b''), os.strerror(ctypes.get_errno()))",
        shown=r"permission denied|must be superuser|Operation not permitted",
    ),
    "another user": Attack(
        bash='grep -E "NoNewPrivs|CapEff" /proc/self/status; '
        'su nobody -s /bin/sh -c "echo out" <&-',
        c='{ long r = setuid(getuid() + 4321); printf("%ld %s\\n", r, strerror(errno)); }',
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
    """What a cell has shown, its error included."""
    parts = (cell.stdout[:4000], cell.output[-4000:])  # which, of a flood, is enough
    return plain("\n".join([*parts, *cell.error.get("traceback", [])]))


def works(client: Client, language: str) -> bool:
    """Whether the next cell is fine."""
    cell = client.cell(AFTER[language])
    return "42" in (cell.text or cell.stdout)


def programs(kernel: Kernel) -> list[str]:
    """The names of the kernel's running processes, but for its own."""
    found = []
    for process in kernel.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.pid != kernel.pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.name())
    return sorted(found)


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


# -- what works inside ---------------------------------------------------------------------------


def test_input_interrupts_and_receipts_work_inside(jailed: Callable[[str], Kernel]) -> None:
    client = jailed("bash").client
    asked = client.cell("read -r line; echo $line", ["from outside"])
    assert (asked.stdout, len(asked.requests)) == ("from outside\n", 1)
    client.cell("kept=1")
    endless = client.execute("echo begun; while :; do :; done")
    client.until(endless, "begun")
    client.interrupt()
    assert client.finish(endless).error["ename"] == "Interrupted"
    assert client.cell("echo $kept").stdout == "1\n"
    python = jailed("python").client
    costly = python.cell("x = bytearray(100 << 20); sum(range(10 ** 7))")
    assert costly.receipt["peak_memory"] > 100 << 20
    assert costly.receipt["cpu_seconds"] > 0.05
    password = python.cell("import getpass; getpass.getpass('Word: ')", ["hidden"])
    assert (password.text, password.prompts) == ("'hidden'", [("Word: ", True)])


def test_a_crash_keeps_the_state_inside(jailed: Callable[[str], Kernel]) -> None:
    client = jailed("c").client
    assert client.cell("int safe = 41;").status == "ok"
    crash = client.cell("safe = 0; *(volatile int *)0 = 1;")
    assert crash.error["ename"] == "Signal"
    assert client.cell("safe + 1").text == "42"
    program = client.cell(
        '#include <stdio.h>\nint main(void) { int n; scanf("%d", &n); printf("%d\\n", n + 1); }',
        ["41"],
    )
    assert program.stdout == "42\n"


def test_rich_output_works_inside(jailed: Callable[[str], Kernel]) -> None:
    shown = jailed("bash").client.cell("echo '<b>bold</b>' | display -m text/html")
    assert shown.displays[0]["text/html"] == "<b>bold</b>\n"


# Samples that look for what is hidden, or not there, where a jail has no namespaces; and Zig moves
# what it has compiled from folder to folder.
BY_NAME = [
    ("erlang", "stdin"),
    ("java", "rich output"),
    ("maxima", "error"),
    ("nodejs", "stdin"),
    ("sql", "duckdb"),
    ("zig", "hello"),
]


@pytest.mark.parametrize(("language", "name"), BY_NAME)
def test_what_is_looked_for_by_name_is_there(
    start: Start, tier: str, tmp_path: Path, language: str, name: str
) -> None:
    client = start(language, "--jail", str(write_policy(tmp_path, tier, "  work: write\n"))).client
    for sample in runner_class(language).samples[name]:
        check(sample, run_sample(client, sample))


def test_a_java_program_has_a_folder_for_temporary_files(tier: str, tmp_path: Path) -> None:
    require("java")
    (tmp_path / "Main.java").write_text(
        "public class Main { public static void main(String[] words) throws Exception {\n"
        'System.out.println(java.io.File.createTempFile("abc", "").delete()); } }\n'
    )
    policy = write_policy(tmp_path, tier, "  work: read\n")
    done = run(["run", "--jail", str(policy), "java", "Main.java"], tmp_path)
    assert (done.returncode, done.stdout) == (0, "true\n"), done


def test_an_agent_shows_no_file_that_it_cannot_see(
    jailed: Callable[[str], Kernel], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    shown = jailed("bash").client.cell(f"_kr_show D display '' '' @text/plain {secret}")
    assert shown.displays == [{"text/plain": ""}]
    assert SECRET not in str(shown.messages)
    assert secret.read_text() == SECRET


def test_a_link_does_not_lead_the_kernel_out(
    jailed: Callable[[str], Kernel], tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    kernel = jailed("c")
    commands = [process.cmdline() for process in kernel.processes()]
    (folder,) = {command[-1] for command in commands if "/supervisor.py" in " ".join(command)}
    script = f"cd {folder} && for name in cell In[0-9]; do rm -f $name; ln -s {target} $name; done"
    tried = kernel.client.cell(f'#include <stdlib.h>\nsystem("{script}");')
    assert re.search("Permission denied|Operation not permitted", tried.output), tried
    assert kernel.client.cell("1 + 1").text == "2"
    assert target.read_text() == "mine"


def test_the_file_command_writes_only_what_the_jail_may(
    start: Start, tier: str, tmp_path: Path
) -> None:
    policy = write_policy(tmp_path, tier, "  work: write\n")
    kernel = start("bash", "--jail", str(policy))
    assert kernel.client.cell("%%file sub/inside.txt\ntext").status == "ok"
    assert (kernel.folder / "sub" / "inside.txt").read_text() == "text\n"
    outside = tmp_path / "outside.txt"
    assert kernel.client.cell(f"%%file {outside}\ntext").status in ("ok", "error")
    assert not outside.exists()
    kernel.client.cell(f"ln -s {outside} link")
    kernel.client.cell("%%file link\ntext")
    assert not outside.exists()


def test_an_export_writes_only_what_the_jail_may(start: Start, tier: str, tmp_path: Path) -> None:
    require("c")
    kernel = start("c", "--jail", str(write_policy(tmp_path, tier, "  work: write\n")))
    assert kernel.client.cell("int x = 1;").status == "ok"
    assert kernel.client.cell("%export inside").status == "ok"
    assert "int x = 1;" in (kernel.folder / "inside" / "main.c").read_text()
    outside = Path("/usr/share/kernel_runner_exported")  # seen in each jail, and no private folder
    tried = kernel.client.cell(f"%export {outside}")
    assert tried.error["evalue"].startswith(f"{outside} cannot be written: "), tried
    assert not outside.exists()
    (tmp_path / "others").mkdir()
    kernel.client.cell(f'#include <unistd.h>\nsymlink("{tmp_path}/others", "link");')
    kernel.client.cell("%export link")
    assert not list((tmp_path / "others").iterdir())


def test_what_is_shown_is_no_other_s_file(start: Start, tier: str, tmp_path: Path) -> None:
    secret = Path(tempfile.mkdtemp(dir=Path.home())) / "secret"
    secret.write_text(SECRET)
    try:
        client = start("bash", "--jail", str(write_policy(tmp_path, tier))).client
        shown = []
        for place in ("$_kr_dir", "$HOME", "$TMPDIR"):
            cell = client.cell(
                f"mkdir -p {place}/in; ln -s {secret} {place}/link; ln {secret} {place}/hard\n"
                f"ln -s {secret.parent} {place}/in/there\n"
                f"for file in link hard in/there/secret; do\n"
                f"_kr_show D display '' '' @text/plain {place}/$file\ndone"
            )
            shown += [bundle["text/plain"] for bundle in cell.displays]
        assert shown == [""] * 9
        own = "echo shown > $_kr_dir/own; _kr_show D display '' '' @text/plain $_kr_dir/own"
        assert client.cell(own).displays == [{"text/plain": "shown\n"}]
    finally:
        shutil.rmtree(secret.parent)


def test_a_supervisor_that_is_killed_is_replaced_in_a_jail(start: Start) -> None:
    kernel = start("bash", "--jail", "strict")
    kernel.client.cell("true")
    (bwrap, *_) = [process for process in kernel.processes() if process.name() == "bwrap"]
    bwrap.kill()
    bwrap.wait()
    kernel.client.cell("echo lost")
    again = kernel.client.cell("cat /etc/shadow; echo back")
    assert again.stdout == "back\n"
    assert "root:" not in again.output


# -- limits --------------------------------------------------------------------------------------


def test_limits_name_themselves_and_keep_the_state(start: Start, tier: str, tmp_path: Path) -> None:
    limits = "{wall: 4, output: 1 MiB, memory: 512 MiB, processes: 64, files: 64}"
    policy = write_policy(tmp_path, tier, f"  background: false\n  limits: {limits}\n")
    client = start("bash", "--jail", str(policy)).client
    client.cell("kept=1")
    slow = client.cell("sleep 1000")
    assert slow.error["ename"] == "TimeLimit"
    assert slow.error["evalue"].startswith("time limit of 4 s exceeded")
    flood = client.cell("yes")
    assert flood.error["evalue"].startswith("output limit of 1 MiB exceeded")
    assert client.cell("echo $kept").stdout == "1\n"
    large = client.cell("head -c 1G /dev/zero | tail")
    assert re.search("memory limit of 512 MiB exceeded|memory exhausted", text_of(large)), large
    assert client.cell("echo $kept").stdout == "1\n"


def test_processor_time_is_counted_with_all_children(
    start: Start, tier: str, tmp_path: Path
) -> None:
    policy = write_policy(tmp_path, tier, "  limits: {cpu: 1}\n")
    client = start("bash", "--jail", str(policy)).client
    busy = client.cell("sh -c 'while :; do :; done'")
    assert busy.error["ename"] == "TimeLimit"
    assert busy.error["evalue"].startswith("processor time limit of 1 s exceeded")
    assert client.cell("echo on").stdout == "on\n"


def test_a_cell_that_does_not_stop_at_its_limit_is_ended(
    start: Start, tier: str, tmp_path: Path
) -> None:
    policy = write_policy(tmp_path, tier, "  limits: {wall: 8}\n")
    client = start("python", "--jail", str(policy)).client
    stubborn = client.cell(
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    )
    assert stubborn.error["ename"] == "TimeLimit"
    assert client.cell("6 * 7").text == "42"


def test_the_network_of_a_jail(start: Start, tmp_path: Path) -> None:
    policy = write_policy(tmp_path, "namespaces", "  network: loopback\n")
    client = start("python", "--jail", str(policy)).client
    code = (
        "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
        "client = socket.create_connection(server.getsockname())\n"
    )
    assert client.cell(code).status == "ok"
    with socket.create_server(("127.0.0.1", 0)) as ours:
        address = ours.getsockname()
        refused = client.cell(f"socket.create_connection({address!r}, 5)")
        assert refused.error["ename"] == "ConnectionRefusedError"
        full = write_policy(tmp_path, "landlock", "  network: full\n")
        outside = start("python", "--jail", str(full)).client
        assert (
            outside.cell(f"import socket\nsocket.create_connection({address!r}, 5)").status == "ok"
        )


def test_secrets_in_the_environment_stay_outside(start: Start) -> None:
    kernel = start("bash", "--jail", "strict", env={"A_TOKEN": "hidden", "LC_NUMERIC": "C"})
    client = kernel.client
    assert client.cell("env | grep -c -e A_TOKEN -e hidden; echo $LC_NUMERIC").stdout == "0\nC\n"
    client.cell("%env A_TOKEN=mine")
    assert client.cell("echo $A_TOKEN").stdout == "mine\n"


# -- what it costs -------------------------------------------------------------------------------


def test_a_jail_costs_little(start: Start) -> None:
    bare, strict = start("bash"), start("bash", "--jail", "strict")
    costs = {}
    for name, code in (("program", "%sh true"), ("cell", "true")):
        times: dict[str, list[float]] = {"bare": [], "strict": []}
        for _ in range(30):
            for tier, kernel in (("bare", bare), ("strict", strict)):
                cell = kernel.client.cell(code)
                times[tier].append(cell.receipt["wall_seconds"])
        costs[name] = min(times["strict"]) - min(times["bare"])
    assert costs["program"] < 0.010, costs
    assert costs["cell"] < 0.002, costs


# -- policies, and the command line --------------------------------------------------------------


MISTAKES = {
    "program: {network: some}": "program.network is 'some', not one of none, loopback, full.",
    "program: {}\nfoo: 1": "it has no 'foo', only degrade, kernel, program.",
    "program: {limits: {ram: 1}}": "program.limits has no 'ram', only memory,",
    "degrade: true": "it lacks 'program'.",
    "program: {limits: {memory: 12 MB}}": "program.limits.memory is '12 MB', not a size such as",
    "program: {limits: {files: 0}}": "program.limits.files is 0, not more than 0.",
    "program: {limits: {files: many}}": "program.limits.files is 'many', not of type integer.",
    "program: {limits: {wall: true}}": "program.limits.wall is True, not of type number.",
    "program: {read: [usr]}": "program.read.0 is 'usr', not an absolute path.",
    "program: {read: /usr}": "program.read is '/usr', not of type array.",
    "program: {work: all}": "program.work is 'all', not one of none, read, write.",
    "kernel: 1\nprogram: {}": "kernel is 1, not of type object.",
    "- 1": "it is [1], not of type object.",
    "": "it is None, not of type object.",
    "program: [": "is not YAML:",
    "program: {}\ndegrade: true\nprogram: {}": "line 3 has 'program' a second time.",
    "program:\n  work: read\n  limits: {files: 9, files: 8}": "line 3 has 'files' a second time.",
    "program: {}\nmore: \x00": "is not YAML:",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_a_policy_is_one_sentence(tmp_path: Path, text: str) -> None:
    policy = tmp_path / "policy.yml"
    policy.write_text(text)
    for command in (
        ["query", "--jail", str(policy), "bash", "/dev/null"],
        ["jail", "--policy", str(policy), "--", "true"],
        ["install", "--jail", str(policy), "--prefix", str(tmp_path / "prefix"), "bash"],
        ["run", "--jobs", "1", "--jail", str(policy), "/dev/null"],
    ):
        done = run(command)
        assert done.returncode == 2
        assert MISTAKES[text] in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "prefix").exists()


def test_a_policy_that_is_not_there_or_cannot_be_read(tmp_path: Path) -> None:
    missing = run(["query", "--jail", "nobody", "bash", "/dev/null"])
    assert missing.stderr == (
        "There is no policy nobody: give a file, or one of classroom, strict, trusted.\n"
    )
    assert run(["jail", "--policy", "strict"]).returncode == 2
    nothing = run(["jail", "--policy", "strict", "--", "no-such-program"])
    assert nothing.stderr == "There is no program no-such-program on this machine.\n"


def test_what_the_machine_cannot_give_is_refused_or_said(tmp_path: Path) -> None:
    text = "program: {namespaces: false, network: loopback, read: [/usr, /bin, /lib, /lib64]}\n"
    policy = tmp_path / "policy.yml"
    policy.write_text(text)
    refused = run(["query", "--jail", str(policy), "bash", "-"], input="echo in")
    assert refused.returncode == 2
    assert "The policy policy cannot be kept here: without user namespaces" in refused.stderr
    policy.write_text(f"degrade: true\n{text}")
    weaker = run(["query", "--jail", str(policy), "bash", "-"], input="echo in")
    assert (weaker.returncode, weaker.stdout) == (0, "in\n")
    assert "The jail policy is weaker here" in weaker.stderr


def test_a_home_is_no_work_directory(home: Path) -> None:
    for folder in (home, "/"):
        refused = run(["query", "--jail", "classroom", "bash", "/dev/null"], cwd=folder)
        assert refused.returncode == 2
        assert "a jail needs a folder of its own" in refused.stderr


def test_run_and_query_take_a_jail(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\nint main(void) { puts(fopen("/etc/shadow", "r") ? "out" : "in"); }\n'
    )
    single = run(["run", "--jail", "strict", "c", "main.c"], cwd=tmp_path)
    assert (single.returncode, single.stdout) == (0, "in\n")
    project = run(["run", "--jail", "classroom", "c", "."], cwd=tmp_path)
    assert (project.returncode, project.stdout) == (0, "in\n")
    query = run(["query", "--jail", "strict", "bash", "-"], cwd=tmp_path, input="echo $((6 * 7))")
    assert (query.returncode, query.stdout) == (0, "42\n")


@pytest.fixture
def shims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in PATH, which has rbenv's shim of a ruby that no policy lets be seen."""
    require("ruby")
    require_tool("rbenv")
    root = tmp_path / "rbenv"
    real = root / "versions" / "mine" / "bin" / "ruby"
    real.parent.mkdir(parents=True)
    real.symlink_to(str(shutil.which("ruby")))
    for arguments in (["global", "mine"], ["rehash"]):
        env = {**os.environ, "RBENV_ROOT": str(root)}
        subprocess.run(["rbenv", *arguments], env=env, check=True)
    monkeypatch.setenv("PATH", f"{root / 'shims'}:{os.environ['PATH']}")
    return root / "shims"


def test_what_a_shim_stands_for_is_found_before_there_is_a_jail(shims: Path) -> None:
    work = shims.parent.parent / "work"
    work.mkdir()
    (work / "main.rb").write_text("puts 6 * 7\n")
    answers = [
        (["query", "--jail", "strict", "ruby", "-"], "6 * 7"),
        (["run", "--jail", "strict", "ruby", "main.rb"], ""),
    ]
    for arguments, cell in answers:
        done = run(arguments, work, cell)
        assert (done.returncode, done.stdout.strip()) == (0, "42"), done
    shutil.rmtree(shims.parent / "versions")
    for arguments, cell in answers:
        refused = run(arguments, work, cell)
        assert refused.returncode == 2
        told = f"A jail hides from the shim {shims}/ruby where the real ruby is (rbenv: "
        assert refused.stderr.startswith(told), refused
        assert refused.stderr.count("\n") == 1


JOB = """\
echo "$(id -u) $(ls -A "$HOME" "$TMPDIR" | grep -c seen) $(cat)"
touch "$HOME/seen" "$TMPDIR/seen"
head -n 1 {other} || kill -9 {pid} || (exec 9<>/dev/tcp/127.0.0.1/22)
echo "$1" >mine; cat mine
"""


def run_jobs(
    cwd: Path, jobs: list[dict[str, object]], *options: str
) -> tuple[list[dict[str, Any]], str]:
    """Run jobs, two at once: their results, and what was written to stderr."""
    done = run(["run", "--jobs", "2", *options, "-"], cwd, "\n".join(map(json.dumps, jobs)))
    results = sorted(map(json.loads, done.stdout.splitlines()), key=lambda result: result["index"])
    assert len(results) == len(jobs), done
    return results, done.stderr


def test_each_job_has_a_jail_of_its_own(tier: str, tmp_path: Path) -> None:
    policy = write_policy(tmp_path, tier, "  work: write\n  limits: {wall: 20}\n")
    other = tmp_path / "other"
    other.write_text(SECRET)
    (tmp_path / "job.sh").write_text(
        JOB.replace("{other}", str(other)).replace("{pid}", str(os.getpid()))
    )
    jobs: list[dict[str, object]] = [
        {"language": "bash", "path": "job.sh", "args": [str(number)], "stdin": f"in {number}"}
        for number in range(5)
    ]
    jobs.append({"language": "bash", "path": "job.sh", "exec": "sleep 1000", "timeout": 0.5})
    results, _ = run_jobs(tmp_path, jobs, "--jail", str(policy))
    for number, result in enumerate(results[:-1]):
        assert result["exit_code"] == 0 and "notices" not in result, result
        shown = result["phases"][-1]
        assert shown["stdout"] == f"{os.getuid()} 0 in {number}\n{number}\n", result
        refused = f"({UNSEEN}).*({REFUSED}).*Address family not supported"
        assert re.search(refused, shown["stderr"], re.DOTALL), result
    assert results[-1]["phases"][-1]["error"]["name"] == "TimeLimit"
    assert not (tmp_path / "mine").exists()


def test_a_policy_limits_jobs(tier: str, tmp_path: Path) -> None:
    (tmp_path / "waits.sh").write_text("sleep 1000\n")
    (tmp_path / "main.c").write_text("int main(void) { return 42; }\n")
    policy = write_policy(tmp_path, tier, "  work: read\n  limits: {wall: 5}\n")
    waits: dict[str, object] = {"language": "bash", "path": "waits.sh"}
    jobs = [waits, {**waits, "timeout": 1000}, {"language": "c", "path": "main.c"}]
    results, _ = run_jobs(tmp_path, jobs, "--jail", str(policy))
    for result in results[:2]:
        error = result["phases"][-1]["error"]
        assert error["message"] == "exec: time limit of 5 s exceeded"
    assert results[2]["exit_code"] == 42, results


def test_what_a_job_s_jail_cannot_have_is_refused_or_said(tmp_path: Path) -> None:
    (tmp_path / "in.sh").write_text("echo in\n")
    jobs: list[dict[str, object]] = [{"language": "bash", "path": "in.sh"}] * 3
    part = f"program: {{namespaces: false, network: loopback, read: {SYSTEM}}}\n"
    policy = tmp_path / "policy.yml"
    policy.write_text(part)
    refused, _ = run_jobs(tmp_path, jobs, "--jail", "policy.yml")
    for result in refused:
        assert result["exit_code"] == 2
        assert "The policy policy cannot be kept here" in result["error"]["message"]
    policy.write_text(f"degrade: true\n{part}")
    weaker, told = run_jobs(tmp_path, jobs, "--jail", "policy.yml")
    for result in weaker:
        assert result["phases"][-1]["stdout"] == "in\n"
        assert "The jail policy is weaker here" in result["notices"][0]
    assert told.count("The jail policy is weaker here") == 1


def test_jobs_have_the_jail_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(SHIPPED / "strict.yml"))
    (tmp_path / "job.sh").write_text("head -n 1 /etc/shadow; touch mine; echo on\n")
    results, _ = run_jobs(tmp_path, [{"language": "bash", "path": "job.sh"}], "--jail", "trusted")
    shown = results[0]["phases"][-1]
    assert shown["stdout"] == "on\n"
    assert "Read-only file system" in shown["stderr"]


def test_an_installed_kernel_has_its_jail(tmp_path: Path) -> None:
    for given, kept in (("strict", "strict"), (str(SHIPPED / "strict.yml"), "strict")):
        done = run(["install", "--jail", given, "--prefix", str(tmp_path), "bash", "--replace"])
        assert done.returncode == 0, done.stderr
        spec = json.loads((tmp_path / "share/jupyter/kernels/bash/kernel.json").read_text())
        assert spec["argv"][-2:] == ["--jail", kept]


def test_the_jail_command_hands_on_the_program_part(tmp_path: Path) -> None:
    query = [*COMMAND, "query", "bash"]
    cell = 'id -u; touch here; cat /etc/shadow "$0"; echo inside'
    done = run(["jail", "--policy", "strict", "--", *query], cwd=tmp_path, input=cell)
    assert done.stdout.endswith("inside\n")
    assert "root:" not in done.stdout
    assert not (tmp_path / "here").exists()
    assert run(["jail", "--policy", "strict", "--", "sh", "-c", "exit 7"]).returncode == 7
    refused = run(["jail", "--policy", "strict", "--", "sh", "-c", "echo x >/usr/x"])
    assert "Read-only file system" in refused.stderr


def test_the_jail_command_passes_signals_on(tmp_path: Path) -> None:
    script = "trap 'echo ended; exit 5' TERM; echo ready; while :; do sleep 0.1; done"
    command = [*COMMAND, "jail", "--policy", "strict", "--", "sh", "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=tmp_path, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.stdout.read() == "ended\n"
        assert process.wait() == 5


def run(
    arguments: list[str], cwd: Path | str | None = None, input: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command of kernel-runner."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=cwd, input=input, capture_output=True, text=True, check=False
    )
