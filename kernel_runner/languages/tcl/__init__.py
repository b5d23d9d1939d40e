"""Tcl: a session in one tclsh."""
