"""What is known of a trained image model: its `card.json`."""

import dataclasses
import re
import shlex
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    InstanceOf,
    JsonValue,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ganplay.common.safe_tensors import refuse
from ganplay.gan.class_shares import equal_weights
from ganplay.images.config import ImageConfig
from ganplay.images.models.dcgan import SIZES
from ganplay.images.networks import Network, StrictModel, arguments_of

MAX_BYTES = 2**20
_FIRST_FORMAT = (
    "card.json: this is a checkpoint of ganplay's first format (version 1), whose weights have no "
    "names; this version reads version 2 only: train the model again with the command on its card"
)
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"
MAX_NAME, MAX_LABEL, MAX_LABELS = 80, 60, 1000
"""Letters of a model's name and of a class's, and the number of classes."""
DATA_ROOT = ("digits", "fashion", "folder")
"""Data that `ganplay train` is told the place of."""
OURS = ("digits", "fashion", "letters", "faces")
"""Data whose models are under ganplay's own terms where their card says nothing else."""

Step = Annotated[int, Field(ge=0, le=10_000_000)]
Count = Annotated[int, Field(ge=0, le=2**40)]
Side = Annotated[int, Field(ge=1, le=1024)]
Words = Annotated[str, StringConstraints(max_length=2000)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LABEL)]
Licence = Annotated[str, StringConstraints(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Config = Annotated[
    InstanceOf[ImageConfig],
    BeforeValidator(lambda v: ImageConfig.from_dict(v) if isinstance(v, dict) else v),
    PlainSerializer(ImageConfig.to_dict),
]


AnyCard = TypeVar("AnyCard", bound=StrictModel)


def read_card(kind: type[AnyCard], text: bytes) -> AnyCard:
    """A card of a kind from the content of its `card.json`, checked.

    Raises:
        CheckpointError: naming what is wrong.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        shown = repr(first["input"])[:60]
        refuse("card", f"card.json, {place}: {first['msg'][:500]} (found {shown})")


def check_name(name: str) -> None:
    """Refuse a name that no model can have.

    Raises:
        ValueError: saying what is possible.
    """
    if len(name) > MAX_NAME or not re.match(NAME, name):
        raise ValueError(f"name {name[:MAX_NAME]!r}: lower-case letters, digits and single hyphens"
                         f" between them, at most {MAX_NAME}, are possible")  # fmt: skip


def name_from(text: str) -> str:
    """The nearest name that a model can have; "" where no letter or digit is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_NAME].strip("-")


def check_labels(names: Sequence[str]) -> None:
    """Refuse classes that no card can name.

    Raises:
        ValueError: naming the class, and what is possible.
    """
    if len(names) > MAX_LABELS:
        raise ValueError(f"{len(names):,} classes: at most {MAX_LABELS:,} are possible")
    for name in names:
        if not 1 <= len(name) <= MAX_LABEL:
            shown = f"{name[:MAX_LABEL]}..." if name else name
            raise ValueError(f"class {shown!r}: its name has {len(name)} letters; 1 to {MAX_LABEL}"
                             " are possible")  # fmt: skip


class Data(StrictModel):
    """The data set of a model.

    Attributes:
        name: as `ganplay.datasets.load` knows it.
        count: how many pictures were learnt from.
        class_counts: how many of each class; () where the card does not know, and then the
            classes are taken to be equally frequent.
        licence: its terms.
        how_to_get: what to do to have the same.
        root: the folders that the training was told they are in, a home folder as ~.
        asked: at most how many the training was told to learn; None for all.
        max_unreadable: the share of unreadable pictures that it was told to bear with.
    """

    name: Annotated[str, StringConstraints(pattern=NAME, max_length=80)]
    count: Annotated[int, Field(ge=1)]
    class_counts: Annotated[tuple[Count, ...], Field(max_length=1000)] = ()
    licence: Words
    how_to_get: Words
    root: Annotated[tuple[Words, ...], Field(max_length=64)] = ()
    asked: Annotated[int, Field(ge=1)] | None = None
    max_unreadable: Annotated[float, Field(ge=0, le=1)] | None = None

    def flags(self) -> list[str]:
        """Those of `ganplay train` that have just these pictures."""
        roots = self.root or (("data",) if self.name in DATA_ROOT else ())
        words = [word for root in roots for word in ("--data-root", root)]
        words += [] if self.asked is None else ["--count", str(self.asked)]
        share = self.max_unreadable
        return words + ([] if share is None else ["--max-unreadable", str(share)])


class Direction(StrictModel):
    """A direction of latent space along which something changes that has a name.

    Attributes:
        name: of what grows along it.
        r_squared: the share of its variation, over samples, that the direction explains.
    """

    name: Annotated[str, StringConstraints(pattern=NAME, max_length=40)]
    r_squared: Annotated[float, Field(ge=0, le=1)]


class InversionErrors(StrictModel):
    """Errors of inversions, root mean squares in grey levels of 255; 95 in 100 are at most that.

    Attributes:
        samples: of the model's own samples.
        held_out: of real pictures that it did not learn from; None where there were none.
        count: pictures of each.
        restarts: of each search.
        steps: of each restart.
    """

    samples: Annotated[float, Field(ge=0, le=255)]
    held_out: Annotated[float, Field(ge=0, le=255)] | None = None
    count: Annotated[int, Field(ge=1)]
    restarts: Annotated[int, Field(ge=1)]
    steps: Annotated[int, Field(ge=1)]


class Card(StrictModel):
    """Of a checkpoint: all that its weights need, and where they come from.

    Attributes:
        version: of this format.
        name: lower-case letters, digits and hyphens.
        data: what it learnt from.
        shape: of a picture, (c, h, w).
        labels: names of the data's classes; a conditional model is given their places.
        steps: updates of G behind the weights.
        snapshots: earlier steps whose G is kept too.
        config: of model and training, the seed included.
        threads: of the training on a CPU, whose number its sums depend on.
        generator: which module G is; of our own ones the arguments follow from the above.
        discriminator: which module D is.
        code: version of ganplay that trained it.
        sha256: of model.safetensors.
        metrics: as `ganplay eval` reports them, with their protocol.
        named: directions beside the principal ones, as `ganplay directions` finds them.
        inversion: how well pictures can be inverted, as `ganplay inversion` measures it.
        licence: of the model; "" for ganplay's own data means ganplay's, else that nobody said.
    """

    version: Literal[2] = 2
    name: Annotated[str, StringConstraints(pattern=NAME, max_length=MAX_NAME)]
    data: Data
    shape: tuple[Literal[1, 3], Side, Side]
    labels: Annotated[tuple[Label, ...], Field(min_length=1, max_length=MAX_LABELS)]
    steps: Step
    snapshots: Annotated[tuple[Step, ...], Field(max_length=64)]
    config: Config
    threads: Annotated[int, Field(ge=1, le=1024)]
    generator: Network
    discriminator: Network
    code: Annotated[str, StringConstraints(max_length=40)]
    sha256: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")] = ""
    metrics: dict[str, JsonValue] = Field({})
    named: Annotated[tuple[Direction, ...], Field(max_length=32)] = ()
    inversion: InversionErrors | None = None
    licence: Licence = ""

    @model_validator(mode="after")
    def _consistent(self) -> "Card":
        if list(self.snapshots) != sorted({s for s in self.snapshots if s < self.steps}):
            raise ValueError("snapshots: rising steps below those of the model are needed")
        counts = self.data.class_counts
        if counts and (len(counts) != len(self.labels) or sum(counts) != self.data.count):
            raise ValueError(
                f"data.class_counts: one for each of the {len(self.labels)} labels, which sum to"
                f" {self.data.count}, are needed"
            )
        ours = arguments_of(self.config, self.shape, self.classes)
        for role, needed in ours.items():
            network: Network = getattr(self, role)
            if network.own_class:
                continue
            _, height, width = self.shape
            if height != width or height not in SIZES:
                raise ValueError(f"shape: {height}x{width}; squares of {SIZES} are possible")
            if network.model != self.config.model or network.arguments != needed:
                raise ValueError(f"{role}: {network.arguments}, but the settings make {needed}")
        return self

    @property
    def classes(self) -> int:
        """Classes that the model is told; 0 if it is not conditional."""
        return len(self.labels) if self.config.conditional else 0

    @property
    def terms(self) -> str:
        """The licence of the model, "unknown" where nobody said one."""
        return self.licence or ("mit" if self.data.name in OURS else "unknown")

    @property
    def class_weights(self) -> tuple[int, ...]:
        """Of each class that the model is told, as `labels_in_shares` has it; () for none."""
        return (self.data.class_counts or equal_weights(self.classes)) if self.classes else ()

    def command(self) -> str:
        """What trains such a model again."""
        words = ["ganplay", "train", "--data", self.data.name, "--size", str(self.shape[1])]
        words += self.data.flags()
        for f in dataclasses.fields(self.config):
            value, flag = getattr(self.config, f.name), f.name.replace("_", "-")
            if value == f.default:
                continue
            if f.type is bool:
                words.append(f"--{flag}" if value else f"--no-{flag}")
            else:
                words += [f"--{flag}", str(value)]
        for role, network in (("generator", self.generator), ("discriminator", self.discriminator)):
            words += [f"--{role}", network.model] if network.own_class else []
        words += ["--threads", str(self.threads), "--steps", str(self.steps)]
        return shlex.join([*words, "--out", f"runs/{self.name}"])

    @classmethod
    def from_json(cls, text: bytes) -> "Card":
        """See `read_card`; a card of the first format is refused in words of its own."""
        if re.match(rb'\s*\{\s*"version"\s*:\s*1\s*,', text):
            refuse("card", _FIRST_FORMAT)
        return read_card(cls, text)
