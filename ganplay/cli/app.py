"""`ganplay app`: serve the page."""

import argparse
from importlib.util import find_spec
from pathlib import Path

from ganplay.cli import flags
from ganplay.images.evaluation.training_images import WHERE_WITHOUT_FLAG, roots_given
from ganplay.latent.model_shelf import model_folders
from ganplay.server.address import listening
from ganplay.server.address import root_path as path_of
from ganplay.server.learn import record_store


def add_app(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay app`."""
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1, for this machine "
        "alone; 0.0.0.0 and :: are for all its network)")  # fmt: skip
    parser.add_argument("--port", type=int, help="port (default: the first free one from 7860 on)")
    parser.add_argument("--root-path", help="path under which a proxy shows the app")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    flags.add_data_root(parser, WHERE_WITHOUT_FLAG)
    parser.add_argument("--models", type=_models, action="append", default=[], metavar="DIR",
        help="exported models to explore too: the folder of one, or of several")  # fmt: skip
    parser.add_argument("--mcp", action="store_true", default=None,
        help="offer the endpoints as MCP tools too (needs ganplay[mcp])")  # fmt: skip
    parser.add_argument("--xapi", metavar="ADDRESS",
        help="learning record store to which what students do in lessons is sent as xAPI statements"
        f" (default: {record_store.ADDRESS}; its user and password are {record_store.USER} and"
        f" {record_store.PASSWORD})")  # fmt: skip
    flags.add_device(parser, "device of image models; toys stay on the CPU")
    parser.add_argument("--log", action="store_true",
        help="log every event to standard error, one line of JSON each")  # fmt: skip
    parser.set_defaults(run=_app, parser=parser)


def _models(text: str) -> Path:
    """A folder in which there is a model, whether or not that can be used."""
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise argparse.ArgumentTypeError(f"{text}: there is no such folder")
    if not any(model_folders(folder)):
        raise argparse.ArgumentTypeError(
            f"{text}: no model is in it; `ganplay export RUN {text}/NAME` puts one there"
        )
    return folder


def _app(options: argparse.Namespace) -> int:
    listening(options.host, options.port)
    path_of(options.root_path)
    store = record_store.record_store(options.xapi)
    from ganplay.common.devices import device_of
    from ganplay.server.app import launch  # seconds of imports that no other command needs

    if options.mcp and find_spec("mcp") is None:
        flags.refuse('--mcp: pip install "ganplay[mcp]" is needed first')
    with flags.refusing(what="--device"):
        device = None if options.device == "auto" else str(device_of(options.device))
    launch(
        options.host,
        options.port,
        device=device,
        open_browser=options.open,
        root_path=options.root_path,
        data_roots=roots_given(options.data_root),
        model_folders=options.models,
        mcp=options.mcp,
        log=options.log,
        store=store,
    )
    return 0
