"""python -m kernel_runner LANGUAGE -f CONNECTION_FILE"""

from __future__ import annotations

import sys

from kernel_runner.app import main

if __name__ == "__main__":
    sys.exit(main())
