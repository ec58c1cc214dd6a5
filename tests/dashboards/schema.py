"""Validation by JSON Schema, as far as grafana_schema.json uses it: any keyword beyond is an error, not ignored."""

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "number": (int, float), "integer": int,
         "null": type(None)}
KNOWN = {"type", "additionalProperties", "items", "required", "const", "enum", "anyOf", "$ref", "properties", "definitions"}


def is_type(value, name):
    if name in ("number", "integer") and isinstance(value, bool):
        return False
    return isinstance(value, TYPES[name])


def faults(value, schema, root, path="$"):
    """A list of sentences, empty when `value` is as `schema` says. `root` holds the definitions."""
    unknown = set(schema) - KNOWN
    if unknown:
        raise ValueError(f"schema keyword not understood: {unknown}")
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/").replace("%3C", "<").replace("%3E", ">")
        return faults(value, root["definitions"][name], root, path)
    if "anyOf" in schema:
        tried = [faults(value, one, root, path) for one in schema["anyOf"]]
        # Of several forms the one that fits best tells most.
        return [] if [] in tried else min(tried, key=len)
    if "const" in schema and value != schema["const"]:
        return [f"{path}: is {value!r}, not {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is none of {schema['enum']}"]
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(is_type(value, name) for name in names):
            return [f"{path}: {value!r} is no {' or '.join(names)}"]
    found = []
    if isinstance(value, dict):
        found += [f"{path}: {name} is missing" for name in schema.get("required", []) if name not in value]
        more = schema.get("additionalProperties", True)
        for name, entry in value.items():
            if name in schema.get("properties", {}):
                found += faults(entry, schema["properties"][name], root, f"{path}.{name}")
            elif more is False:
                found.append(f"{path}: {name} does not exist")
            elif isinstance(more, dict):
                found += faults(entry, more, root, f"{path}.{name}")
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, entry in enumerate(value):
            found += faults(entry, schema["items"], root, f"{path}[{index}]")
    return found


def dashboard_faults(board, schemas):
    """Of a whole dashboard: itself, each panel, and each panel's options by its kind."""
    whole = schemas["dashboard"]
    part = whole["definitions"]["Checked"]["properties"]
    found = faults({key: value for key, value in board.items() if key != "panels"}, part["dashboard"], whole)
    for panel in board["panels"]:
        path = f"$.panels[{panel['title']}]"
        if panel["type"] == "row":
            found += faults(panel, part["row"], whole, path)
            continue
        found += faults(panel, part["panel"], whole, path)
        if panel["type"] not in schemas:
            found.append(f"{path}: no schema for panels of type {panel['type']}")
            continue
        own = schemas[panel["type"]]
        checked = own["definitions"]["Checked"]["properties"]
        found += faults(panel["options"], checked["options"], own, f"{path}.options")
        custom = panel["fieldConfig"]["defaults"].get("custom", {})
        if "custom" in checked:
            found += faults(custom, checked["custom"], own, f"{path}.custom")
            for override in panel["fieldConfig"]["overrides"]:
                for entry in override["properties"]:
                    if entry["id"].startswith("custom."):
                        field = entry["id"].removeprefix("custom.")
                        found += faults({**custom, field: entry["value"]}, checked["custom"], own, f"{path}.override")
        elif custom:
            found.append(f"{path}: {panel['type']} has no custom field options")
    return found
