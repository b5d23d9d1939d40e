"""The SQL agent: runs cells in a database. See kernel_runner/session/frames.py.

Uses nothing but the standard library, and DuckDB where this interpreter has it.
"""
