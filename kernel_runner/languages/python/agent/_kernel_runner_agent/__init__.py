"""The resident evaluator of kernel_runner's Python sessions.

It runs in whatever CPython (3.8 or later) the person chose, so it needs the standard library
only; IPython, matplotlib-inline and comm are used where that interpreter has them. What it says
to the kernel is described in ``kernel_runner/session/frames.py``.
"""
