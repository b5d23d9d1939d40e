"""COBOL: GnuCOBOL compiles each cell, through C, as a program of its own."""
