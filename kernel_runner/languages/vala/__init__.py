"""Vala: each cell is compiled, through C, as a program of its own."""
