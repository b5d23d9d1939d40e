"""Rust: cells that remember, compiled by rustc."""
