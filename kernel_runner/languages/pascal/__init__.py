"""Pascal: Free Pascal compiles each cell as a program of its own."""
