"""The app as a process of its own, as visitors and operators meet it."""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from types import SimpleNamespace

from helpers.http import post

SECRET = "a lecture in the hall"


@contextmanager
def app(port, **how):
    """The process, and what it says; `how` goes to `subprocess.Popen`."""
    command = [sys.executable, "-m", "ganplay.cli", "app", "--port", str(port), "--log"]
    how["env"] = how.get("env", os.environ) | {"GANPLAY_TEACHER_SECRET": SECRET}
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **how
    )
    said = []
    reader = threading.Thread(target=lambda: said.extend(process.stderr), daemon=True)
    reader.start()
    url = f"http://127.0.0.1:{port}/"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=2).close()
            break
        time.sleep(0.1)
    try:
        yield SimpleNamespace(url=url, process=process, said=said, reader=reader)
    finally:
        process.kill()
        process.wait(20)
        reader.join(5)
        process.stdout.close()
        process.stderr.close()


def new_token(server):
    """As the page asks for one when the server no longer knows its own."""
    config = json.loads(urllib.request.urlopen(server.url + "config").read())
    (lab,) = [c for c in config["components"] if c["props"].get("elem_id") == "lab-host"]
    body = {"data": [], "fn_name": "new_token", "component_id": lab["id"], "session_hash": "x"}
    return json.loads(post(server, "gradio_api/component_server", body))
