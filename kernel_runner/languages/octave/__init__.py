"""Octave: a session in one Octave."""
