"""Standard ML: Poly/ML compiles and runs each cell as a script."""
