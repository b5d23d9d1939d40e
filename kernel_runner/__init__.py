"""kernel_runner: a first-class Jupyter kernel for every language whose toolchain is there."""

__version__ = "0.1.0"
