"""The command line: ``kernel-runner COMMAND``, where make_parser() lists the commands.

Everything is imported where it is needed: `run` is to cost little more than the bare command.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import kernel_runner

if TYPE_CHECKING:
    from kernel_runner.batch import Batch
    from kernel_runner.doctor import LanguageState
    from kernel_runner.process.limits import Limits

WRONG_USE, NOT_FOUND, BROKEN = 2, 127, 1
WIDEST = 1000
STEP = "'' skips it, '*' does what suits the project, all else is a shell command"


def main() -> NoReturn:
    """Run the command that the arguments name; what goes wrong is one sentence on stderr."""
    gc.disable()  # for the imports: they leave no garbage, and looking for it takes its time
    try:
        code = command(sys.argv[1:])
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    except BrokenPipeError:  # nobody reads us any more; and nothing more must be flushed
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 128 + signal.SIGPIPE
    except Exception as error:
        code = exit_code(error)
        tell(sentence(error))
    sys.exit(code)


def command(arguments: Sequence[str]) -> int:
    """Run a command; its exit code. What follows ``--`` is the program's, word by word."""
    ours, separator, theirs = split(arguments)
    parser = make_parser()
    options = parser.parse_args(ours)
    if separator and options.action not in (run, jail):
        parser.error("only run and jail take arguments after --")
    options.args = theirs
    result: int = options.action(options)
    return result


def split(arguments: Sequence[str]) -> tuple[Sequence[str], bool, Sequence[str]]:
    """The arguments before and after the first ``--``, and whether there is one."""
    if "--" not in arguments:
        return arguments, False, []
    at = arguments.index("--")
    return arguments[:at], True, arguments[at + 1 :]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Tell it and leave."""
        tell(f"{self.prog}: {message} (see {self.prog} --help)")
        sys.exit(WRONG_USE)


def make_parser() -> Parser:
    """The commands and their options."""
    about = "Jupyter kernels for the languages of this machine, and their projects on a terminal."
    parser = Parser("kernel-runner", description=about, allow_abbrev=False)
    version = f"kernel-runner {kernel_runner.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, action: object, text: str) -> argparse.ArgumentParser:
        child = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
        child.set_defaults(action=action)
        return child

    add_json(add("list", list_, "List the languages, their toolchains and installed kernels."))
    add_install_options(add("install", install, "Install kernels, so that Jupyter finds them."))
    add_run_options(add("run", run, "Clean, build and run a project, or a single file."))
    add_query_options(add("query", query, "Run a cell and print what comes of it."))
    add_connect_options(
        add("connect", connect, "Write a connection file for a kernel in a container.")
    )
    add_console_options(add("console", console, "Talk to a kernel that runs already."))
    add_jail_options(add("jail", jail, "Run a kernel under a policy, and its programs, too."))
    add_json(add("doctor", doctor, "See what works, and what is missing or broken."))
    return parser


def add_json(parser: argparse.ArgumentParser) -> None:
    """For commands that programs read."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_install_options(parser: argparse.ArgumentParser) -> None:
    """Which kernels, where, and how they are called."""
    parser.add_argument(
        "languages", nargs="*", metavar="LANG", help="none: all whose toolchain is there"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--user", action="store_true", help="for you (what is done anyway)")
    where.add_argument("--sys-prefix", action="store_true", help="for this Python's environment")
    where.add_argument("--prefix", help="under a prefix of your choice")
    parser.add_argument("--replace", action="store_true", help="replace others' kernels too")
    parser.add_argument("--name", default="", help="the kernel's name, if not the language's")
    parser.add_argument("--display-name", default="", metavar="TEXT", help="what a person sees")
    parser.add_argument(
        "--executable", default="", metavar="PATH", help="the interpreter or compiler to use"
    )
    add_policy(parser)

    parser.add_argument(
        "--container", default="", choices=("podman", "docker"),
        help="run each kernel in a container of its own",
    )  # fmt: skip
    parser.add_argument("--image", default="", help="of which image, if not kernel-runner:LANG")


def add_connect_options(parser: argparse.ArgumentParser) -> None:
    """A container, and where to write."""
    parser.add_argument("container", metavar="CONTAINER", help="its name or id")
    parser.add_argument("--engine", default="", choices=("podman", "docker"), help="whose it is")
    parser.add_argument(
        "-f", dest="file", default="", metavar="FILE",
        help="the file to write; not given: one where Jupyter's clients look",
    )  # fmt: skip


def add_console_options(parser: argparse.ArgumentParser) -> None:
    """Which kernel."""
    parser.add_argument("file", metavar="FILE", help="its connection file")


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """A project and its three steps."""
    parser.usage = "%(prog)s LANG PATH [OPTIONS] [-- ARGS ...]\n       %(prog)s --jobs N LIST"
    parser.epilog = f"What is done at each step: {STEP}. After -- come the program's arguments."
    parser.add_argument("language", metavar="LANG", help="a language, as listed")
    parser.add_argument(
        "path", metavar="PATH", nargs="?", help="a project's folder, or a single file"
    )
    for step, default in (("clean", ""), ("build", "*"), ("exec", "*")):
        parser.add_argument(
            f"--{step}", default=default, metavar="C", help=f"{default!r} if not given"
        )
    parser.add_argument(
        "--timeout", type=seconds, default=0.0, metavar="SECONDS", help="the most a step may take"
    )
    parser.add_argument(
        "--memory", type=size, default=0, metavar="BYTES",
        help="the most that a step's processes may hold together, such as 512M",
    )  # fmt: skip
    parser.add_argument(
        "--json", action="store_true",
        help="print a receipt; what programs print goes to stderr",
    )  # fmt: skip
    parser.add_argument(
        "--jobs", type=count, metavar="N",
        help="run the projects of LIST (a JSON object a line; -: our stdin), N at once",
    )  # fmt: skip
    parser.add_argument("--dask", metavar="ADDRESS", help="have a Dask scheduler run the jobs")
    add_policy(parser)


def seconds(text: str) -> float:
    """A time limit. Raises ValueError."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


def count(text: str) -> int:
    """How many at once. Raises ValueError."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def size(text: str) -> int:
    """Bytes, such as 512M: K, M and G are powers of 1024. Raises ValueError."""
    number, unit = (text[:-1], text[-1].upper()) if text[-1:].isalpha() else (text, "B")
    value = int(float(number) * 1024 ** "BKMG".index(unit))
    if value < 1:
        raise ValueError(text)
    return value


def add_policy(parser: argparse.ArgumentParser) -> None:
    """Whether programs run in a jail."""
    parser.add_argument(
        "--jail", default="", metavar="POLICY",
        help="jail the programs: strict, classroom, trusted or a policy's file",
    )  # fmt: skip


def add_jail_options(parser: argparse.ArgumentParser) -> None:
    """A policy and a command."""
    parser.usage = "%(prog)s --policy POLICY -- COMMAND ..."
    parser.epilog = "COMMAND gets the policy's kernel part; a kernel that it is takes the other."
    parser.add_argument(
        "--policy", required=True, help="strict, classroom, trusted or a policy's file"
    )


def add_query_options(parser: argparse.ArgumentParser) -> None:
    """A cell."""
    parser.add_argument("language", metavar="LANG", help="a language, as listed")
    parser.add_argument(
        "file", nargs="?", default="-", metavar="FILE",
        help="the cell; then our stdin answers its questions. -: our stdin is the cell",
    )  # fmt: skip
    add_policy(parser)


def list_(options: argparse.Namespace) -> int:
    """Show every language."""
    import asyncio

    from kernel_runner.doctor import languages
    from kernel_runner.kernelspec import installed

    states = asyncio.run(languages(installed()))
    if options.json:
        print_json([vars(state) for state in states])
    else:
        print_languages(states)
    return 0


def install(options: argparse.Namespace) -> int:
    """Install kernels; what can't be installed does not keep the others from it."""
    from kernel_runner import kernelspec
    from kernel_runner.languages import all_languages, runner_class

    named = [runner_class(name) for name in options.languages]
    if len(named) != 1 and (options.name or options.executable or options.display_name):
        tell("--name, --display-name and --executable go with exactly one language.")
        return WRONG_USE
    if options.jail and options.container:
        tell("--jail does not go with --container, whose image has a policy of its own.")
        return WRONG_USE
    if options.image and not options.container:
        tell("--image goes with --container.")
        return WRONG_USE
    there = (class_ for class_ in map(runner_class, all_languages()) if class_.toolchain.find())
    code = 0
    for class_ in named or there:
        try:
            folder = kernelspec.install(
                class_,
                sys.prefix if options.sys_prefix else options.prefix,
                name=options.name,
                display_name=options.display_name,
                executable=options.executable,
                container=options.container,
                image=options.image,
                jail=options.jail,
                replace=options.replace,
            )
        except Exception as error:
            code = exit_code(error)
            tell(sentence(error))
        else:
            notice = kernelspec.notice(folder)
            print(f"installed {folder.name} in {folder}{f' ({notice})' if notice else ''}")
    return code


def connect(options: argparse.Namespace) -> int:
    """Write a connection file for a kernel in a container, and say where it is."""
    from kernel_runner.containers import connect

    print(connect(options.container, options.engine, options.file))
    return 0


def console(options: argparse.Namespace) -> int:
    """Talk to the kernel of a connection file, as jupyter console does."""
    from kernel_runner.settings import SettingsError

    with open(options.file, "rb"):  # to say in one sentence why it can't be
        pass
    try:
        from kernel_runner.remote_console import open_console
    except ImportError as error:
        raise SettingsError(
            "This needs jupyter console: `pip install jupyter_console` brings it."
        ) from error
    gc.enable()
    open_console(options.file)
    return 0


def run(options: argparse.Namespace) -> int:
    """Run a project in the foreground, or many of them."""
    from kernel_runner.batch import Batch
    from kernel_runner.process.limits import Limits

    batch = Batch(options.clean, options.build, options.exec, list(options.args))
    limits = Limits(options.timeout, options.memory)
    if options.jobs:
        return run_jobs(options, batch, limits)
    if options.path is None:
        tell("kernel-runner run: the following arguments are required: PATH (or --jobs N LIST)")
        return WRONG_USE
    if options.dask:
        tell("--dask goes with --jobs N LIST.")
        return WRONG_USE
    if options.json:
        return run_with_receipt(options, batch, limits)
    from kernel_runner.direct import run
    from kernel_runner.receipt import Receipt

    code = run(options.language, options.path, batch, limits, Receipt(), options.jail)
    sys.stdout.flush()
    os._exit(code)  # nothing is left to be done, and to take an interpreter apart costs its time


def run_with_receipt(options: argparse.Namespace, batch: Batch, limits: Limits) -> int:
    """Run a project, and print only its receipt on stdout, whatever happens."""
    import json

    from kernel_runner.direct import open_standard_streams, run
    from kernel_runner.receipt import Receipt

    open_standard_streams()
    receipt = Receipt()
    out = os.dup(1)
    os.dup2(2, 1)
    try:
        receipt.exit_code = run(
            options.language, options.path, batch, limits, receipt, options.jail
        )
    except Exception as error:
        receipt.exit_code = exit_code(error)
        receipt.error = {"name": type(error).__name__, "message": sentence(error)}
        tell(sentence(error))
    with open(out, "w", encoding="utf-8") as stdout:
        print(json.dumps(receipt.finish(), indent=2, ensure_ascii=False), file=stdout)
    return receipt.exit_code


def run_jobs(options: argparse.Namespace, batch: Batch, limits: Limits) -> int:
    """Run the jobs of a list; a line of JSON for each that is done."""
    from kernel_runner.jail.policy import load
    from kernel_runner.jobs import Defaults, run_list

    if options.path is not None:
        tell("--jobs takes one list, and no path.")
        return WRONG_USE
    # By its path, for workers that are elsewhere; what is wrong with it is told before all else.
    jail = str(load(options.jail).path) if options.jail else ""
    with open_input(options.language) as lines:
        return run_list(lines, Defaults(batch, limits, jail), options.jobs, options.dask)


def query(options: argparse.Namespace) -> int:
    """Run a cell; what is left of our stdin answers its questions."""
    from kernel_runner.direct import query

    code = read_cell(options.file)
    answers = 0 if options.file != "-" or sys.stdin.isatty() else None
    return query(options.language, code, answers, options.jail)


def jail(options: argparse.Namespace) -> int:
    """Run a command under a policy's kernel part."""
    from kernel_runner.jail.launch import launch

    if not options.args:
        tell("kernel-runner jail: the command is missing: put it after --.")
        return WRONG_USE
    return launch(options.policy, options.args)


def doctor(options: argparse.Namespace) -> int:
    """Look at everything, and fail where something that was installed is broken."""
    import asyncio

    from kernel_runner.doctor import diagnose

    diagnosis = asyncio.run(diagnose())
    if options.json:
        print_json(diagnosis.as_json())
    else:
        print_table(
            "Versions", [[name, text or "missing"] for name, text in diagnosis.versions.items()]
        )
        print_languages(diagnosis.languages)
        print_table("System", [check.row for check in diagnosis.system])
        print_table("Kernels", [check.row for check in diagnosis.kernels])
    return 0 if diagnosis.ok else BROKEN


def read_cell(file: str) -> str:
    """A cell's text. Raises OSError."""
    with open_input(file) as cell:
        return cell.read().decode("utf-8", "surrogateescape")


def open_input(file: str) -> BinaryIO:
    """A file to read; our stdin for "-". Raises OSError."""
    return open(0 if file == "-" else file, "rb", closefd=file != "-")


def print_languages(states: Iterable[LanguageState]) -> None:
    """A row a language."""
    rows = [
        [
            state.name,
            state.display_name,
            state.missing or f"{' '.join(state.toolchain or [])} {state.version}".rstrip(),
            ", ".join(state.kernels) or "-",
        ]
        for state in states
    ]
    print_table("Languages", rows, ["name", "display name", "toolchain", "kernels"])


def print_table(title: str, rows: Sequence[Sequence[str]], headers: Sequence[str] = ()) -> None:
    """A table; as wide as it needs to be where no person looks."""
    if not rows:
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=None, show_header=bool(headers))
    for header in headers or rows[0]:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    width = None if sys.stdout.isatty() else WIDEST
    Console(width=width).print(table)


def print_json(data: object) -> None:
    """For programs."""
    import json

    print(json.dumps(data, indent=2, ensure_ascii=False))


def exit_code(error: Exception) -> int:
    """The exit code for an error: 127 where a program is missing, as in a shell."""
    from kernel_runner.process.spawner import ProgramMissing
    from kernel_runner.runner import ToolchainMissing

    return NOT_FOUND if isinstance(error, ToolchainMissing | ProgramMissing) else WRONG_USE


def sentence(error: Exception) -> str:
    """What to tell of an error. A defect of ours is raised again, with its traceback."""
    from kernel_runner.batch import BatchError
    from kernel_runner.containers import ContainerError
    from kernel_runner.jail.policy import PolicyError
    from kernel_runner.kernelspec import KernelspecError
    from kernel_runner.languages import UnknownLanguage
    from kernel_runner.magics import CommandError
    from kernel_runner.process.spawner import SpawnError
    from kernel_runner.settings import SettingsError

    ours = (
        *(BatchError, CommandError, ContainerError, KernelspecError, PolicyError),
        *(SettingsError, SpawnError, UnknownLanguage),
    )
    if isinstance(error, ours):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be used: {error.strerror}."
    raise error


def tell(text: str) -> None:
    """A sentence on stderr, whatever its characters."""
    print(text.encode("utf-8", "backslashreplace").decode(), file=sys.stderr)
