"""Jails: what a policy says of a kernel and its programs, and how the machine holds them to it."""

VARIABLE = "KERNEL_RUNNER_JAIL"  # names the policy's file to a kernel that is in a jail itself
