"""C#: each cell is compiled by Mono's compiler as a program of its own."""
