"""Writes dashboards/*.json from the boards beside this file. Run it after a change; tests/dashboards compares.

    python3 dashboards/source/make.py
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import balancer  # noqa: E402
import cluster  # noqa: E402
import guest  # noqa: E402
import host  # noqa: E402
import right_sizing  # noqa: E402
import storages  # noqa: E402

BOARDS = {"cluster": cluster, "host": host, "guest": guest, "storages": storages, "balancer": balancer,
          "right-sizing": right_sizing}


def texts():
    """file name → JSON text."""
    return {f"{name}.json": json.dumps(module.board(), indent=1, ensure_ascii=False) + "\n"
            for name, module in BOARDS.items()}


if __name__ == "__main__":
    folder = pathlib.Path(__file__).resolve().parents[1]
    for name, text in texts().items():
        (folder / name).write_text(text)
