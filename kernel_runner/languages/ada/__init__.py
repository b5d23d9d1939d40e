"""Go: declarations that are kept, statements in a program of their own."""
