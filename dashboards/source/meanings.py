"""What the codes mean, from the tables of docs/: code → sentence."""

import pathlib
import re

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


def table(path, heading, column):
    """Of the first table behind `heading`: first cell (a code) → the cell in `column`."""
    text = (DOCS / path).read_text().split(heading, 1)[1]
    rows = re.findall(r"(?m)^\| `(\w+)` \|(.*)\|$", text.split("\n\n## ")[0])
    return {code: re.sub(r"`|\[([^]]*)\]\([^)]*\)", r"\1", rest.split(" | ")[column].strip()) for code, rest in rows}


BLOCKERS = table("cluster-document.md", "## Codes of `guests.blockers`", 0)
REJECTED = table("rejection-codes.md", "# Why a guest stays", 0)
CURES = table("rejection-codes.md", "# Why a guest stays", 1)
# Plans name a blocker by its own code.
REJECTED = {**BLOCKERS, **REJECTED}
CURES = {**{code: "mend it, or allow it for this guest (allow_blockers)" for code in BLOCKERS}, **CURES}
