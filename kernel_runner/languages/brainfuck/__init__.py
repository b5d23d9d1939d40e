"""Brainfuck."""
