"""Starts the agent (``PYTHON agent``), or runs a script (``PYTHON agent FILE [DATABASE]``)."""

import sys

from _kernel_runner_agent import script, serve

if sys.argv[1:]:
    script.main(sys.argv[1:])
else:
    serve.main()
