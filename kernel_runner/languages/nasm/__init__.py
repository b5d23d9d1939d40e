"""NASM: each cell is assembled, and linked by gcc, as a program of its own."""
