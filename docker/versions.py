"""The versions of languages' toolchains, as a label has them: versions.py LANGUAGE..."""

import asyncio
import sys

from kernel_runner.languages import runner_class


async def main() -> None:
    """Print them, each after its language's name."""
    toolchains = {name: runner_class(name).toolchain for name in sys.argv[1:]}
    commands = {name: toolchain.find() for name, toolchain in toolchains.items()}
    versions = [
        f"{name} {await toolchains[name].find_version(command)}"
        for name, command in commands.items()
        if command is not None
    ]
    print(", ".join(versions))


asyncio.run(main())
