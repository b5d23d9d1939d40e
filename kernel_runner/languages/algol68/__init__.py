"""Algol 68: Algol 68 Genie runs each cell as a program."""
