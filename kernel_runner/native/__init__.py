"""Compiled languages: what cells need beside their compiler."""
