"""How tests wait: for a condition, with a deadline, and never for a time."""

import threading
import time

LOOK_EVERY_SECONDS = 0.05


def wait_until(condition, seconds, what):
    """The first true value of condition(); fails with `what` (a text, or what makes one) after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        pause.wait(LOOK_EVERY_SECONDS)
