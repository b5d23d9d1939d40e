"""Clojure, in one JVM."""
