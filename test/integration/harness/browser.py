"""Headless Chromium that a test drives step by step."""
import json
import os
import subprocess

from harness.node import FOLDER, install_modules


class Browser:
    """One browser with one page at a time. Every command of node/remote_browser.mjs is a method:
    `browser.texts("h1")`; AssertionError with what the browser says when it fails."""

    def __init__(self):
        install_modules()
        self._process = subprocess.Popen(
            ["node", os.path.join(FOLDER, "remote_browser.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __getattr__(self, command):
        def run(*arguments):
            self._process.stdin.write(json.dumps([command, *arguments]) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            assert line, f"the browser ended at {command}{arguments}"
            answer = json.loads(line)
            assert "error" not in answer, f"{command}{arguments}: {answer['error']}"
            return answer["value"]

        return run

    def text(self, selector):
        """All of it as one text."""
        return "\n".join(self.texts(selector))

    def end(self):
        self._process.stdin.close()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
