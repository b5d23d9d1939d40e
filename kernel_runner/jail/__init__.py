"""Jails: what a policy says of a kernel and its programs, and how the machine holds them to it."""
