"""Perl: a session in one interpreter."""
