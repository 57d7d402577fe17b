"""Entry point of the Space, and of `python app.py`."""

from ganplay.server.app import launch
from ganplay.server.learn.record_store import record_store

if __name__ == "__main__":
    launch(log=True, store=record_store())
