"""Raku: a session in one Rakudo."""
