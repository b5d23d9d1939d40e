"""Starts the agent: ``PYTHON /path/to/agent``, with requests on fd 3 and answers on fd 4.

Everything else is in the package beside this file, whose name no user's module will have.
"""

from _kernel_runner_agent.start import main

main()
