"""What the sources print, as text: C++ string literals with adjacent ones joined, comments and raw strings left out."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("common", "cluster", "exporter", "evaluator")
TOKEN = re.compile(r'//[^\n]*|R"(\w*)\((?:.|\n)*?\)\1"|"((?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\]|\\.)+\'|\s+|.')
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "0": "\0"}


def literals(path):
    """The string literals of one C++ source, in their order; adjacent ones are one."""
    found, joins = [], False
    for token in TOKEN.finditer((ROOT / path).read_text(encoding="utf-8")):
        text = token[2]
        if text is not None:
            text = re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[0]), text)
            if joins:
                found[-1] += text
            else:
                found.append(text)
            joins = True
        elif token[0].strip() and not token[0].startswith("//"):
            joins = False
    return found


def all_literals():
    return [text for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.cpp")) for text in literals(path)] + [
        text for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.h")) for text in literals(path)]
