"""What this machine has for jails, part by part."""

from __future__ import annotations

from kernel_runner.jail.cgroups import CgroupMissing, find_place
from kernel_runner.jail.jail import landlock_version, namespaces_trouble
from kernel_runner.jail.policy import PolicyError, load
from kernel_runner.jail.seccomp import SeccompMissing, filter_program

SCOPED = 6  # the version of Landlock that keeps signals inside


def parts() -> list[tuple[str, bool, str]]:
    """Each part: its name, whether it is there, and what there is to say of it.

    The first says which tier of jails holds here.
    """
    trouble, landlock, filtered = namespaces_trouble(), landlock_part(), seccomp()
    if not trouble and landlock[1] and filtered[1]:
        tier = True, "namespaces, Landlock and seccomp"
    elif landlock[1] and filtered[1]:
        tier = True, "Landlock and seccomp, without namespaces"
    else:
        tier = False, "none that holds: see the parts"
    return [
        ("jail", *tier),
        ("jail: policies", *policies()),
        ("jail: namespaces", not trouble, trouble or "bubblewrap makes them"),
        landlock,
        filtered,
        *cgroups(),
    ]


def policies() -> tuple[bool, str]:
    """Whether policies can be read."""
    try:
        load("strict")
    except PolicyError as error:
        return False, str(error)
    return True, "strict, classroom and trusted are shipped"


def landlock_part() -> tuple[str, bool, str]:
    """Landlock, and whether it keeps signals inside."""
    version = landlock_version()
    if not version:
        return "jail: Landlock", False, "this system's kernel is too old, or without it"
    scoped = version >= SCOPED
    return "jail: Landlock", scoped, f"version {version}{'' if scoped else ': signals get out'}"


def seccomp() -> tuple[str, bool, str]:
    """Whether system calls can be filtered."""
    try:
        filter_program(set())
    except SeccompMissing as error:
        return "jail: seccomp", False, str(error)
    return "jail: seccomp", True, "libseccomp makes the filter"


def cgroups() -> list[tuple[str, bool, str]]:
    """The controllers that count all of a jail together; without, rlimits hold for each process."""
    found = []
    for controller in ("memory", "pids"):
        try:
            place = find_place(controller)
        except CgroupMissing as error:
            found.append((f"jail: {controller}", False, f"{error}: rlimits have to do"))
        else:
            detail = f"version {place.version}, in {place.folder}"
            found.append((f"jail: {controller}", True, detail))
    return found
