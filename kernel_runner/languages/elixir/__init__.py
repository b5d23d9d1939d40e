"""Elixir: a session in one BEAM."""
