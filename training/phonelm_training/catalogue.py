"""The phone functions: loading them, their short form in the prompt, and checking calls against them."""

import json
from functools import lru_cache
from pathlib import Path

CATALOGUE = Path(__file__).resolve().parents[2] / "models" / "phonelm-tiny" / "tools.json"
FORMS = ("names", "signature", "described")


@lru_cache(maxsize=1)
def functions():
    """The functions by name, in the order of the catalogue."""
    return {entry["name"]: entry for entry in json.loads(CATALOGUE.read_text(encoding="utf-8"))}


def short(function, form="signature"):
    """One line of the system turn: `navigate(destination, mode: drive|walk|bicycle|transit)`.

    `names` is the name alone, `described` appends the description. The chat template renders the same text.
    """
    if form == "names":
        return function["name"]
    schema = function["parameters"]
    parts = []
    for name, kind in schema["properties"].items():
        part = name + ("" if name in schema.get("required", []) else "?")
        if "enum" in kind:
            part += ": " + "|".join(kind["enum"])
        parts.append(part)
    line = f"{function['name']}({', '.join(parts)})"
    return f"{line}: {function['description']}" if form == "described" else line


def problem(call):
    """What is wrong with a call ({'name', 'arguments'}), or None."""
    function = functions().get(call["name"])
    if function is None:
        return f"no function {call['name']}"
    schema, arguments = function["parameters"], call["arguments"]
    missing = [key for key in schema["required"] if key not in arguments]
    if missing:
        return f"{call['name']} misses {missing}"
    for key, value in arguments.items():
        if key not in schema["properties"]:
            return f"{call['name']} has no argument {key}"
        wrong = _wrong(schema["properties"][key], value)
        if wrong:
            return f"{call['name']}.{key}: {wrong}"
    return None


def _wrong(kind, value):
    types = {"string": str, "integer": int, "boolean": bool, "array": list}
    if not isinstance(value, types[kind["type"]]) or (kind["type"] == "integer" and isinstance(value, bool)):
        return f"{value!r} is no {kind['type']}"
    if "enum" in kind and value not in kind["enum"]:
        return f"{value!r} is not among {kind['enum']}"
    if kind["type"] == "integer" and not kind.get("minimum", value) <= value <= kind.get("maximum", value):
        return f"{value} is out of range"
    if kind["type"] == "string" and not value.strip():
        return "empty"
    if kind["type"] == "array":
        return next((text for item in value if (text := _wrong(kind["items"], item))), None)
    return None
