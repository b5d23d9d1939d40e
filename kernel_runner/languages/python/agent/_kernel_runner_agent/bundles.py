"""MIME bundles and JSON, as they go into frames."""

from __future__ import annotations

import base64
import binascii
import datetime
import json
import numbers
from typing import Any, Dict, Iterable, List, Union

Bundle = Dict[str, Any]
Field = Union[str, bytes]


def to_json(value: Any) -> str:
    """``value`` as JSON, in ASCII. What JSON lacks is converted as jupyter_client does."""
    return json.dumps(value, default=_convert)


def to_fields(bundle: Bundle) -> List[Field]:
    """``bundle`` as the fields mime, data, mime, data, ..."""
    fields: List[Field] = []
    for mime, value in bundle.items():
        fields += [str(mime), _encode(str(mime), value)]
    return fields


def _encode(mime: str, value: Any) -> Field:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if not isinstance(value, str) or mime == "application/json" or mime.endswith("+json"):
        return to_json(value)
    if mime == "application/pdf" or (mime.startswith("image/") and not mime.endswith("+xml")):
        try:
            return base64.b64decode(value, validate=False)
        except binascii.Error:
            return value
    return value


def _convert(value: Any) -> Any:
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)
