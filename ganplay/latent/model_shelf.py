"""Which trained models there are to choose from: those that come along, and folders of one's own.

Cards are read and weights are looked at; nothing is loaded, and no class is imported. A model that
cannot be used is left out by itself, with words on why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ganplay.common.safe_tensors import CheckpointError
from ganplay.images.checkpoint import Card
from ganplay.images.checkpoint import model as image

SHOWN = 80
"""Letters of a folder's name that are shown."""


class LeftOut(NamedTuple):
    """A model that cannot be used.

    Attributes:
        name: of its folder.
        code: "taken" where another has its name, else that of a `CheckpointError`.
        why: in words, for who has the folder.
    """

    name: str
    code: str
    why: str


@dataclass
class ModelShelf:
    """Models by name.

    Attributes:
        folders: that were looked into, beside that of the models that come along.
        cards: of the models that can be used.
        places: the folder of each.
        left_out: the others.
    """

    folders: tuple[Path, ...] = ()
    cards: dict[str, Card] = field(default_factory=dict)
    places: dict[str, Path] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)

    @classmethod
    def of(cls, folders: Sequence[Path] = ()) -> "ModelShelf":
        """What can be had from the models that come along and from some folders.

        Args:
            folders: each a model's own, or one with a folder for each model.
        """
        made = cls(tuple(folders))
        for folder in (image.BUNDLED, *folders):
            for place in model_folders(folder):
                made._add(place)
        return made

    def _add(self, place: Path) -> None:
        shown = place.resolve().name[:SHOWN].encode("utf-8", "backslashreplace").decode()
        try:
            card = image.read_unloaded(place)
        except CheckpointError as error:
            self.left_out.append(LeftOut(shown, error.code, str(error)))
            return
        if card.name in self.cards:
            why = f"another model is called {card.name}; `ganplay export --name` gives another name"
            self.left_out.append(LeftOut(shown, "taken", why))
            return
        self.cards[card.name], self.places[card.name] = card, place


def model_folders(folder: Path) -> Iterator[Path]:
    """The folders that hold a model, or should: a folder itself, or those in it, by name."""
    if _looks_like_one(folder):
        yield folder
        return
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return
    yield from (path for path in inside if not path.name.startswith(".") and _looks_like_one(path))


def _looks_like_one(folder: Path) -> bool:
    return any((folder / name).exists() for name in (image.CARD, image.WEIGHTS, image.RUN))
