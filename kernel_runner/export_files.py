"""Write the files of an export: a program, which is in the jail where there is one.

Run it with a bare interpreter: export_files.py FILES FOLDER, where FILES has a JSON object of names
and texts. Why it could not be done is a sentence on stdout, and the exit code is 1.
"""

import hashlib
import json
import sys
from pathlib import Path

# What was written, by name, with the digest of each: only what is still so is written over.
WRITTEN = ".exported"


def write(files: dict[str, str], folder: Path) -> str:
    """Write the files; or say what of the person's would be lost. Raises OSError."""
    try:
        known = written(folder)
    except ValueError as error:
        return f"{folder / WRITTEN} cannot be read: {error}."
    if known is None and folder.exists() and any(folder.iterdir()):
        return f"{folder} has files in it: %export writes into a new or empty folder."
    known = known or {}
    for name in {*known, *files}:
        path = folder / name
        if path.exists() and known.get(name) != digest(path.read_bytes()):
            return (
                f"{path} is not as %export has left it: move it away, or export to another folder."
            )
    for name in known.keys() - files.keys():
        (folder / name).unlink(missing_ok=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    digests = {name: digest((folder / name).read_bytes()) for name in files}
    (folder / WRITTEN).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    return ""


def written(folder: Path) -> dict[str, str] | None:
    """What an export has written there; None where there was none. Raises OSError, ValueError."""
    try:
        known = dict(json.loads((folder / WRITTEN).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return {str(name): str(value) for name, value in known.items()}


def digest(data: bytes) -> str:
    """What tells whether a file is still the same."""
    return hashlib.sha256(data).hexdigest()


def main() -> None:
    """FILES FOLDER"""
    files, folder = map(Path, sys.argv[1:])
    try:
        sentence = write(json.loads(files.read_bytes()), folder)
    except OSError as error:
        sentence = f"{folder} cannot be written: {error.strerror}."
    if sentence:
        sys.stdout.buffer.write(sentence.encode("utf-8", "surrogateescape"))
        sys.exit(1)


if __name__ == "__main__":
    main()
