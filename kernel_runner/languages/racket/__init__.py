"""Racket: a session in one racket."""
