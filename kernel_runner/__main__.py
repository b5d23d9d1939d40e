"""python -m kernel_runner LANGUAGE -f CONNECTION_FILE"""

from __future__ import annotations

import os
import sys

# `python -m` looks for modules in the notebook's folder first, where a random.py or a comm.py of
# the person's would take the place of what a kernel needs.
if not sys.flags.safe_path and sys.path[0] == os.getcwd():
    del sys.path[0]

from kernel_runner.app import main

if __name__ == "__main__":
    sys.exit(main())
