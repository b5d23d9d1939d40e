"""SQL: a session with a SQLite or DuckDB database."""
