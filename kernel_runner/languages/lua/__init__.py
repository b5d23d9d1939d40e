"""Lua: a session in one interpreter."""
