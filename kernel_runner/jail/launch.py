"""``kernel-runner jail``: a kernel under the kernel part of a policy."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence

from kernel_runner.jail import VARIABLE
from kernel_runner.jail.jail import KernelJail, tool_folders
from kernel_runner.jail.policy import PolicyError, load
from kernel_runner.process.tree import descendants

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def launch(policy_name: str, command: Sequence[str]) -> int:
    """Run a command under a policy until it ends: its exit code.

    A kernel that it starts finds the policy's file in its environment, and puts its programs
    under the other part. What ends or steers us is passed on to it. Raises PolicyError.
    """
    program = shutil.which(command[0])
    if program is None:
        raise PolicyError(f"There is no program {command[0]} on this machine.")
    policy = load(policy_name)
    jail = KernelJail(policy, policy.kernel, os.getcwd(), tool_folders(program))
    for notice in jail.notices:
        print(notice, file=sys.stderr)
    run_directory = jail.run_directory()
    try:
        argv, inherited = jail.command([program, *command[1:]], run_directory)
        env = {**os.environ, VARIABLE: str(policy.path)}
        # In a session of its own, so that a terminal's Ctrl-C comes to it once, from us.
        with subprocess.Popen(argv, pass_fds=inherited, env=env, start_new_session=True) as process:
            for number in PASSED_ON:
                signal.signal(number, lambda number, _: pass_on(process.pid, number, jail.apart))
            code = process.wait()
        return 128 - code if code < 0 else code
    finally:
        jail.ended()
        shutil.rmtree(run_directory, ignore_errors=True)


def pass_on(pid: int, number: int, apart: bool) -> None:
    """Send a signal to the command; of bubblewrap it is the first child."""
    for target in descendants(pid)[:1] if apart else [pid]:
        os.kill(target, number)
