"""The command `ganplay walk`: a film through a model's latent space."""

import argparse

from ganplay.cli import flags
from ganplay.cli.models import add_states, states_of
from ganplay.common.files import write_whole
from ganplay.images.checkpoint import ImageModel, load
from ganplay.latent.walk import EASINGS, MAX_FRAMES, MAX_RATE, PATHS, Walk
from ganplay.latent.walk_export import export_walk
from ganplay.latent.walk_string import keyframes_of, model_of_walk, read_walk


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
        "and the flags on how to interpolate between them")  # fmt: skip
    flags.add_integer(parser, "--frames", 2, MAX_FRAMES, "frames of the whole walk", 120)
    add("--path", choices=PATHS, default="slerp", help="interpolation of z (default slerp)")
    add("--duration", type=_numbers, default=[1.0], metavar="LIST",
        help="seconds from each keyframe to the next, such as 1,0.5,2")  # fmt: skip
    add("--easing", type=_list, default=["linear"], metavar="LIST",
        help=f"one for all or one for each, of {', '.join(EASINGS)}: linear, or slow at"
        " both ends (smooth), at the start (in) or at the end (out)")  # fmt: skip
    add("--loop", action="store_true", help="return to the first keyframe")
    add("--even", action="store_true",
        help="equal changes from frame to frame, in a classifier's features")  # fmt: skip
    flags.add_integer(parser, "--rate", 1, MAX_RATE, "frames per second", 24)
    flags.add_output(parser, "--out",
        "a .png has all frames on one sheet", ".mp4", ".gif", ".png", required=True)  # fmt: skip
    flags.add_integer(parser, "--columns", 1, 1000, "columns of the sheet")
    add("--strip", action="store_true", help="all frames of a .png in one row, without gaps")
    parser.set_defaults(run=_run, parser=parser)


def _run(options: argparse.Namespace) -> int:
    kind = options.out.suffix.lower().removeprefix(".")
    if kind == "png":
        kind = "strip" if options.strip else "sheet"
    elif options.strip:
        flags.refuse(f"--strip: --out {options.out} is no .png")
    model, walk = _of_text(options) if options.walk else _of_flags(options)
    with flags.progress("picture") as tell:
        data, pace = export_walk(model, walk, kind, options.zoom, tell, options.columns)
    print(f"unevenness {pace.unevenness:.3f}: standard deviation of the distance from frame to"
          f" frame, over its mean\nwalk: {walk}")  # fmt: skip
    flags.write_output(options, "out", lambda path: write_whole(path, data))
    return 0


def _of_text(options: argparse.Namespace) -> tuple[ImageModel, Walk]:
    """The walk of --walk."""
    name = options.name or model_of_walk(options.walk)
    if not name:
        flags.refuse("--walk: it names no model")
    model = load(name, trust_classes=options.trust_classes)
    walk, problems = read_walk(options.walk, name, model.space)
    if walk is None or problems:
        flags.refuse("--walk: " + "; ".join(map(str, problems)))
    return model, walk


def _of_flags(options: argparse.Namespace) -> tuple[ImageModel, Walk]:
    model, states = states_of(options)
    with flags.refusing(ValueError):
        keyframes = keyframes_of(states, options.duration, options.easing)
        return model, Walk(
            keyframes, options.frames, options.path, options.loop, options.even, options.rate
        )
