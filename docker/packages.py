"""The Debian packages that the toolchains of languages need: packages.py LANGUAGE..."""

import sys

from kernel_runner.languages import runner_class

toolchains = [runner_class(name).toolchain for name in sys.argv[1:]]
print(*sorted({package for each in toolchains for package in each.debian.split()}))
