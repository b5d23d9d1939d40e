"""Bash: a session in one shell."""
