"""D: LDC compiles each cell as a program of its own."""
