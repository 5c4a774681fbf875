"""Configs: a dataclass from a YAML file, with values changed on the command line."""

from dataclasses import fields
from pathlib import Path

import yaml

from .errors import Problem


def read(kind, path, changes=()):
    """A `kind` from the YAML file at `path`, after changes like `lr=0.001` or `model.num_hidden_layers=12`."""
    try:
        values = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(f"the config cannot be read: {path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise Problem(f"the config is no YAML: {path}: {error}") from None
    if not isinstance(values, dict):
        raise Problem(f"the config is no mapping of names to values: {path}")
    for change in changes:
        _change(values, change)
    return made(kind, values, str(path))


def made(kind, values, where):
    """A `kind` of the values, each of the type that the dataclass states."""
    known = {field.name: field for field in fields(kind)}
    for name, value in values.items():
        if name not in known:
            raise Problem(f"{where}: there is no setting {name!r}; the settings are {', '.join(known)}")
        values[name] = _typed(known[name].type, name, value, where)
    try:
        return kind(**values)
    except TypeError as error:
        raise Problem(f"{where}: {error}") from None


def _change(values, change):
    key, equals, text = change.partition("=")
    if not equals:
        raise Problem(f"--set {change}: write name=value")
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise Problem(f"--set {change}: {parent} is no mapping")
    values[last] = yaml.safe_load(text)


def _typed(kind, name, value, where):
    """YAML reads 3e-4 as a text and 1 as a whole number; everything else must be of the stated type."""
    if kind in (int, float) and isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            number = float(value)
        except ValueError:
            raise Problem(f"{where}: {name} is {value!r}, which is no number") from None
        if kind is float:
            return number
        if number == int(number):
            return int(number)
    elif kind is object or isinstance(value, kind):
        return value
    raise Problem(f"{where}: {name} is {value!r}, which is no {kind.__name__}")


def at_least(settings, low, *names):
    """Refuses settings below `low`."""
    for name in names:
        if getattr(settings, name) < low:
            raise Problem(f"{name} is {getattr(settings, name)}: it must be at least {low}")
