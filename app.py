"""Entry point of the Space, and of `python app.py`."""

from ganplay.server.app import launch

if __name__ == "__main__":
    launch(log=True)
