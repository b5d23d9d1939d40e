"""Zig: each cell is compiled as a program of its own."""
