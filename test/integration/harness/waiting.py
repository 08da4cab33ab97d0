"""Waiting for something to become true, with a deadline."""
import time


def eventually(question, timeout_s=5.0, what=""):
    """Returns the first truthy answer of `question`; AssertionError with `what` (text, or a
    function that makes it) when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            said = what() if callable(what) else what
            raise AssertionError(f"not within {timeout_s} s: {said or question}; last answer {answer!r}")
        time.sleep(0.01)
