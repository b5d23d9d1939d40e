"""Erlang: a session in one BEAM."""
