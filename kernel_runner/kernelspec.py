"""Kernelspecs: what they say, where they are, and installing them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager

import kernel_runner
from kernel_runner.receipt import KEY
from kernel_runner.runner import BaseRunner, ToolchainMissing

# Whoever starts a kernel takes its own interpreter for this name (jupyter_client's
# KernelManager.format_kernel_cmd), so that a spec from our folder works as it is.
ANY_PYTHON = "python3"
SPEC = "kernel.json"
# Jupyter starts python3 when it is asked for python (jupyter_client's KernelManager.kernel_name),
# so a kernel of that name is never started.
UNREACHABLE, INSTEAD = "python", "kernel-runner-python"


class KernelspecError(Exception):
    """A kernelspec can't be installed; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One of our kernels that Jupyter finds: its name, its folder, and its kernel.json."""

    name: str
    folder: Path
    spec: dict[str, Any]

    @property
    def language(self) -> str:
        """The language, by our name."""
        return str(self.spec["metadata"][KEY].get("language", ""))


def kernelspecs_folder() -> Path:
    """Our folder of kernelspecs: in the package, or beside it in a checkout."""
    package = Path(kernel_runner.__file__).parent
    inside = package / "kernelspecs"
    return inside if inside.is_dir() else package.parent / "kernelspecs"


def kernel_spec(
    class_: type[BaseRunner],
    python: str = ANY_PYTHON,
    display_name: str = "",
    executable: str = "",
    jail: str = "",
) -> dict[str, Any]:
    """A language's kernel.json.

    executable: the interpreter or compiler that it is to use; jail: the policy of its jail.
    """
    language = class_.language
    argv = [python, "-m", "kernel_runner", language.name, "-f", "{connection_file}"]
    if executable:
        argv += ["--executable", executable]
    if jail:
        argv += ["--jail", jail]
    return {
        "argv": argv,
        "display_name": display_name or language.display_name,
        "language": language.info_name or language.name,
        "interrupt_mode": "message",
        "metadata": {
            "debugger": False,
            "supported_encryption": "curve",
            KEY: {"language": language.name},
        },
    }


def container_spec(
    class_: type[BaseRunner], display_name: str, container: str, image: str
) -> dict[str, Any]:
    """The kernel.json of a kernel that an engine runs in a container of its own."""
    language = class_.language
    spec = kernel_spec(class_, display_name=display_name or f"{language.display_name} (container)")
    image = image or f"kernel-runner:{language.name}"
    module = [sys.executable, "-m", "kernel_runner.containers"]
    return {**spec, "argv": [*module, container, image, language.name, "-f", "{connection_file}"]}


def write_spec(folder: Path, spec: dict[str, Any]) -> None:
    """Write a kernel.json. Raises OSError."""
    text = json.dumps(spec, indent=2, ensure_ascii=False)
    (folder / SPEC).write_text(f"{text}\n", encoding="utf-8")


def install(
    class_: type[BaseRunner],
    prefix: str | None,
    *,
    name: str = "",
    display_name: str = "",
    executable: str = "",
    container: str = "",
    image: str = "",
    jail: str = "",
    replace: bool = False,
) -> Path:
    """Install a language's kernel under a prefix, or for the person (None); gives the folder.

    name: the kernel's; empty: default_name's. container: the engine that runs each of its kernels
    in a container, of an image; empty: they run here. replace: even what is not ours.
    jail: a policy's name or file. Raises KernelspecError, ToolchainMissing where the executable
    (or any) is not there, and PolicyError.
    """
    name = name.lower() or default_name(class_.language.name)
    if name == UNREACHABLE:
        raise KernelspecError(
            f"Jupyter starts python3 when it is asked for {name}: use another name."
        )
    manager = KernelSpecManager()
    folder = kernels_folder(manager, prefix) / name
    if os.path.lexists(folder) and not replace and read_ours(folder) is None:
        raise KernelspecError(
            f"{folder} is another's kernel: only --replace would put ours in its place."
        )
    if container:
        spec = container_spec(class_, display_name, container, image)
    else:
        executable = find_executable(class_, executable)
        policy = named_policy(jail)
        spec = kernel_spec(class_, sys.executable, display_name, executable, policy)
    try:
        with tempfile.TemporaryDirectory() as place:
            draft = Path(place, "kernel")
            draft.mkdir()  # its mode is the kernel's folder's: others are to read that, too
            for logo in (kernelspecs_folder() / class_.language.name).glob("logo-*"):
                shutil.copy(logo, draft)
            write_spec(draft, spec)
            manager.install_kernel_spec(str(draft), name, user=prefix is None, prefix=prefix)
    except ValueError as error:
        raise KernelspecError(f"{name!r} cannot be the name of a kernel: {error}") from error
    except OSError as error:
        raise KernelspecError(f"{folder} cannot be written: {error.strerror or error}.") from error
    return folder


def default_name(language: str) -> str:
    """What a language's kernel is called unless the person says so: as the language, if it can."""
    return INSTEAD if language == UNREACHABLE else language


def find_executable(class_: type[BaseRunner], executable: str) -> str:
    """The absolute path of ``executable``, where one is given. Raises ToolchainMissing."""
    found = class_.toolchain.find(executable)
    if found is None:
        raise ToolchainMissing(class_.toolchain.missing(class_.language.display_name, executable))
    return os.path.abspath(found[0]) if executable else ""


def named_policy(jail: str) -> str:
    """How a kernel names a policy wherever it starts; one that can't be used raises PolicyError."""
    if not jail:
        return ""
    from kernel_runner.jail.policy import SHIPPED, load

    path = load(jail).path
    return path.stem if path.parent == SHIPPED else str(path)


def kernels_folder(manager: KernelSpecManager, prefix: str | None) -> Path:
    """The folder in which kernels are installed."""
    if prefix is None:
        return Path(manager.user_kernel_dir)
    return Path(prefix).absolute() / "share" / "jupyter" / "kernels"


def notice(folder: Path) -> str:
    """What to know of a kernel that was just installed; empty: Jupyter finds it and no other."""
    manager = KernelSpecManager()
    places = [Path(place, folder.name) for place in manager.kernel_dirs]
    found = [place for place in places if (place / SPEC).is_file()]
    if not any(place.samefile(folder) for place in found):
        return f"Jupyter looks for kernels there once JUPYTER_PATH has {folder.parent.parent}"
    if not found[0].samefile(folder):
        return f"Jupyter prefers the kernel of that name in {found[0]}"
    hidden = [str(place) for place in found if not place.samefile(folder)]
    return f"it hides the kernel of that name in {hidden[0]}" if hidden else ""


def read_ours(folder: Path) -> dict[str, Any] | None:
    """The kernel.json in a folder; None where it is not one of ours."""
    try:
        spec = json.loads((folder / SPEC).read_text(encoding="utf-8"))
        return spec if isinstance(spec["metadata"][KEY], dict) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def installed() -> list[Installed]:
    """Those of our kernels that Jupyter finds, by name."""
    manager = KernelSpecManager(ensure_native_kernel=False)
    found = []
    for name, folder in sorted(manager.find_kernel_specs().items()):
        spec = read_ours(Path(folder))
        if spec is not None:
            found.append(Installed(name, Path(folder), spec))
    return found
