"""A kernel's settings: the command line, and kernel_runner_config.py in Jupyter's directories."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_core.application import JupyterApp, base_aliases, base_flags
from traitlets import Dict, TraitError, Unicode
from traitlets.config import Config

from kernel_runner.jail import VARIABLE
from kernel_runner.process.spawner import Spawner
from kernel_runner.runner import BaseRunner

if TYPE_CHECKING:
    from kernel_runner.jail.jail import Jail


class SettingsError(Exception):
    """The arguments or the configuration can't be used; the message is a sentence."""


class Settings(JupyterApp):
    """Reads them; it is the parent of all that is configured."""

    name = "kernel_runner"
    description = "A Jupyter kernel: python -m kernel_runner LANGUAGE -f CONNECTION_FILE"

    connection_file = Unicode("", help="Where to connect, or where to write it.").tag(config=True)

    jail = Unicode(
        "", help="The policy that programs are jailed by: a shipped one's name, or a file."
    ).tag(config=True)

    aliases = Dict(
        {
            **base_aliases,
            "f": "Settings.connection_file",
            "jail": "Settings.jail",
            "ip": "Connection.ip",
            "transport": "Connection.transport",
            "hb": "Connection.hb_port",
            "shell": "Connection.shell_port",
            "iopub": "Connection.iopub_port",
            "stdin": "Connection.stdin_port",
            "control": "Connection.control_port",
            "transport-encryption": "Connection.transport_encryption",
        }
    )
    flags = Dict(
        {**base_flags, "insecure": ({"Connection": {"insecure": True}}, "Do without encryption.")}
    )

    def read(self, class_: type[BaseRunner], arguments: list[str]) -> None:
        """Read the arguments behind the language's name. Raises SettingsError."""
        self.classes = [class_]
        self.aliases = {**self.aliases, "executable": f"{class_.__name__}.executable"}
        try:
            if arguments:
                self.initialize(arguments)
            else:
                self.load_config_file()  # to make a parser for nothing would take its time
        except TraitError as error:
            raise SettingsError(f"The settings cannot be used: {error}") from error
        if self.extra_args:
            raise SettingsError(f"The argument {self.extra_args[0]!r} is not understood.")

    @property
    def policy(self) -> str:
        """The programs' policy: that of the jail that we are in ourselves, or else our own."""
        return os.environ.get(VARIABLE) or self.jail

    def executable_of(self, class_: type[BaseRunner]) -> str:
        """The interpreter or compiler that a runner will be told to use; empty: none."""
        found = ""
        for name in (parent.__name__ for parent in reversed(class_.__mro__)):
            if name in self.config:
                found = str(self.config[name].get("executable", found))
        return found


async def enclose(
    spawner: Spawner, class_: type[BaseRunner], settings: Settings, seen: Sequence[str] = ()
) -> None:
    """Put a spawner's programs into a jail, if there is to be one; they see ``seen``, too.

    Raises SettingsError.
    """
    if not settings.policy:
        return
    await spawner.close()  # one that was started before this could be known
    jail = make_jail(class_, settings, os.getcwd(), seen)
    for notice in jail.notices:
        print(notice, file=sys.stderr)
    spawner.enclosure = jail
    spawner.start()


def make_jail(
    class_: type[BaseRunner], settings: Settings, work: str, seen: Sequence[str] = ()
) -> Jail:
    """The jail for a language's programs that work in a folder, and see ``seen``, too.

    Where the toolchain is a shim, the settings get the real one. Raises SettingsError.
    """
    from kernel_runner.jail.jail import Jail, kept_folders, tool_folders
    from kernel_runner.jail.policy import PolicyError, load
    from kernel_runner.jail.shims import real_program

    command = class_.toolchain.find(settings.executable_of(class_)) or [""]
    try:
        program = real_program(command[0], work)
        if program != command[0]:
            settings.update_config(Config({class_.__name__: {"executable": program}}))
        tools = [*tool_folders(program), *kept_folders(class_.language.name), *seen]
        policy = load(settings.policy)
        return Jail(policy, policy.program, work, tools)
    except PolicyError as error:
        raise SettingsError(str(error)) from error
