"""OCaml: sessions in its toplevel."""
