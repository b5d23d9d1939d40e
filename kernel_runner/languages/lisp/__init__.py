"""Common Lisp: sessions in SBCL."""
