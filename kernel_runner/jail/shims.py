"""Shims: what pyenv, rbenv, asdf and their kind put into PATH, to look for the real program.

A jail hides where they look, so they are asked before there is one.
"""

from __future__ import annotations

import os
import re
import subprocess

from kernel_runner.jail.policy import PolicyError

FOLDER = "shims"  # what the folder is called that has all of them, by each of these managers
# What a shim does: it says where its manager keeps all, and has it run the real program.
EXPORT = re.compile(r'^export (\w+)="(.*)"$', re.MULTILINE)
MANAGER = re.compile(r'^exec "?([^"\s]+)"? exec ', re.MULTILINE)
MOST = 1 << 12  # bytes of a shim


def real_program(program: str, cwd: str) -> str:
    """What a shim runs in a directory; any other program as it is. Raises PolicyError."""
    folder, name = os.path.split(program)
    if os.path.basename(folder) != FOLDER:
        return program
    with open(program, "rb") as file:
        text = os.fsdecode(file.read(MOST))
    reason = ""
    if manager := MANAGER.search(text):
        command, env = [manager[1], "which", name], os.environ | dict(EXPORT.findall(text))
        try:
            answer = subprocess.run(
                command, cwd=cwd, env=env, capture_output=True, text=True, check=False
            )
        except OSError as error:
            reason = f" ({manager[1]}: {error.strerror})"
        else:
            found, told = answer.stdout.strip(), answer.stderr.strip().splitlines()
            if answer.returncode == 0 and os.access(found, os.X_OK):
                return found
            reason = f" ({told[0]})" if told else ""
    raise PolicyError(
        f"A jail hides from the shim {program} where the real {name} is{reason}: "
        "put that one's folder before it in PATH, or name it by --executable."
    )
