"""Documents in YAML that people write."""

from __future__ import annotations

from typing import Any


class NotYaml(ValueError):
    """A text is no YAML. The message goes behind its name: ``, line 3 is not YAML: why.``"""


def document_in(text: bytes) -> Any:
    """The document in a text. Raises NotYaml."""
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise NotYaml(f"{where} is not YAML: {what}.") from error
