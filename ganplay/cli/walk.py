"""The command `ganplay walk`: a film through a model's latent space."""

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from ganplay.cli.flags import check_output, integer, refuse, write_output
from ganplay.cli.models import add_states, load_named, states_of
from ganplay.common.files import write_whole
from ganplay.images.checkpoint import ImageModel
from ganplay.images.latent_state import model_of
from ganplay.latent.walk import EASINGS, MAX_FRAMES, MAX_RATE, PATHS, Walk
from ganplay.latent.walk_export import export_walk
from ganplay.latent.walk_string import keyframes_of, read_walk


def _list(text: str) -> list[str]:
    return text.split(",")


def _numbers(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


_numbers.__name__ = "list of numbers, such as 1,0.5,2,"


def add_walk(parser: argparse.ArgumentParser) -> None:
    """The flags of `ganplay walk`."""
    add_states(parser)
    add = parser.add_argument
    add("--walk", metavar="TEXT", help="a whole walk as the page copies it, in place of keyframes "
        "and of how it goes from one to the next")  # fmt: skip
    add("--frames", type=integer(2, MAX_FRAMES), default=120, metavar="N", help="default 120")
    add("--path", choices=PATHS, default="slerp", help="from one to the next (default slerp)")
    add("--duration", type=_numbers, default=[1.0], metavar="LIST",
        help="of the way from each keyframe to the next, such as 1,0.5,2")  # fmt: skip
    add("--easing", type=_list, default=["linear"], metavar="LIST",
        help=f"one for all or one for each, of {', '.join(EASINGS)}: smooth slows down at both ends"
        " of the way to the next, in after its start, out before its end")  # fmt: skip
    add("--loop", action="store_true", help="come back to the first")
    add("--even", action="store_true",
        help="go at an even pace, as a classifier's features have it")  # fmt: skip
    add("--rate", type=integer(1, MAX_RATE), default=24, metavar="N",
        help="frames a second (default 24)")  # fmt: skip
    add("--out", type=Path, required=True, metavar="FILE",
        help="ends in .mp4, .gif, or .png for all frames on one sheet")  # fmt: skip
    add("--columns", type=integer(1, 1000), metavar="N", help="of the sheet")
    add("--strip", action="store_true", help="all frames of a .png in one row, without gaps")
    parser.set_defaults(run=_run, parser=parser)


def _run(options: argparse.Namespace) -> int:
    kind = check_output(options, "out", ".mp4", ".gif", ".png")
    if kind == "png":
        kind = "strip" if options.strip else "sheet"
    elif options.strip:
        refuse(options, f"--strip: --out {options.out} is no .png")
    model, walk = _told(options) if options.walk else _of_flags(options)
    with tqdm(unit="picture", disable=not sys.stderr.isatty()) as bar:

        def tell(done: int, of: int) -> bool:
            bar.total = of
            bar.update(done - bar.n)
            return True

        data, pace = export_walk(model, walk, kind, options.zoom, tell, options.columns)
    print(f"unevenness {pace.unevenness:.3f}: standard deviation of the distance from frame to"
          f" frame, over its mean\nwalk: {walk}")  # fmt: skip
    write_output(options, "out", lambda path: write_whole(path, data))
    return 0


def _told(options: argparse.Namespace) -> tuple[ImageModel, Walk]:
    """The walk of --walk."""
    name = options.name or model_of(options.walk.replace("|", ";"))
    if not name:
        refuse(options, "--walk: it names no model")
    model = load_named(options, name)
    walk, problems = read_walk(options.walk, name, model.space)
    if walk is None or problems:
        refuse(options, "--walk: " + "; ".join(map(str, problems)))
    return model, walk


def _of_flags(options: argparse.Namespace) -> tuple[ImageModel, Walk]:
    model, states = states_of(options)
    try:
        keyframes = keyframes_of(states, options.duration, options.easing)
        walk = Walk(
            keyframes, options.frames, options.path, options.loop, options.even, options.rate
        )
    except ValueError as error:
        refuse(options, str(error))
    return model, walk
