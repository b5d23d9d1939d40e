"""Prolog: a session in SWI-Prolog."""
