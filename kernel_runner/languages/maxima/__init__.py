"""Maxima: a session in one Maxima."""
