"""Forth: a session in one Gforth."""
