"""Documents in YAML that people write."""

from __future__ import annotations

from typing import Any


class NotYaml(ValueError):
    """A text is no YAML, or says a thing twice. The message goes behind the text's name:

    ``, line 3 is not YAML: why.``
    """


def document_in(text: bytes) -> Any:
    """The document in a text. Raises NotYaml."""
    import yaml

    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        document = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise NotYaml(f"{where} is not YAML: {what}.") from error
    refuse_twice(root)
    return document


def refuse_twice(root: Any) -> None:
    """See that no key stands twice in one mapping, whose reader would only see the last of them.

    root: the document as a node of PyYAML's. Raises NotYaml.
    """
    from yaml import MappingNode, ScalarNode, SequenceNode

    waiting, seen = [root], set()  # aliases make cycles
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, SequenceNode):
            waiting += node.value
        elif isinstance(node, MappingNode):
            keys = set()
            for key, value in node.value:
                waiting.append(value)
                if isinstance(key, ScalarNode) and key.value in keys:
                    raise NotYaml(
                        f", line {key.start_mark.line + 1} has {key.value!r} a second time."
                    )
                keys.add(key.value if isinstance(key, ScalarNode) else None)
