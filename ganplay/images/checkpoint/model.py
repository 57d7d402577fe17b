"""Trained image models: a folder of `model.safetensors` and `card.json`, here or on the Hub."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import ModelCard, ModelHubMixin, hf_hub_download
from jaxtyping import Float, UInt8
from safetensors.torch import save
from torch import Tensor

from ganplay.common import safe_tensors
from ganplay.common.files import write_whole
from ganplay.common.paths import CHECKPOINTS
from ganplay.common.safe_tensors import TensorSpec, refuse
from ganplay.common.settings import MAX_SEED
from ganplay.images.checkpoint import model_card
from ganplay.images.checkpoint.card import MAX_BYTES as MAX_CARD
from ganplay.images.checkpoint.card import Card, Direction
from ganplay.images.discriminator import DiscriminatorScorer, ReferenceSamples, Score
from ganplay.images.latent_state import LatentState, Space
from ganplay.images.sampler import Sampler, to_bytes
from ganplay.media.contact_sheet import png, sheet_of

WEIGHTS, CARD, PAGE, SHEET = "model.safetensors", "card.json", "README.md", "samples.png"
MAX_BYTES = 2**28
_HEADER = 2**16
BUNDLED = CHECKPOINTS
"""Where the models are that come with ganplay."""


def kinds_of(card: Card) -> dict[str, TensorSpec]:
    """The tensors of a model: all weights in half precision."""
    kinds: dict[str, TensorSpec] = {}
    snapshots = {f"snapshots.{step}": "generator" for step in card.snapshots}
    plans = card.plans()
    for name, net in ({n: n for n in plans} | snapshots).items():
        flat, buffers = (
            sum(torch.Size(shape).numel() for shape in shapes)
            for shapes in (plans[net].shapes(), plans[net].buffer_shapes())
        )
        kinds[f"{name}.parameters"] = TensorSpec((flat,), torch.float16)
        kinds[f"{name}.buffers"] = TensorSpec((buffers,), torch.float16)
    dim = card.config.noise_dim
    named = {"named": TensorSpec((len(card.named), dim))} if card.named else {}
    return kinds | {"directions": TensorSpec((dim, dim)), "strengths": TensorSpec((dim,))} | named


class ImageModel(ModelHubMixin, library_name="ganplay", tags=["gan"], license="mit"):
    """A trained model: its G, D, earlier snapshots of G, and card.

    `from_pretrained`, `save_pretrained` and `push_to_hub` are those of huggingface_hub.

    Attributes:
        card: all that is known of it.
        directions: in latent space: its axes, the strongest first (`latent.principal_directions`),
            and those that have names.
        strengths: how much each moves a picture.
    """

    def __init__(self, card: Card, tensors: Mapping[str, Tensor]) -> None:
        """Put a model together.

        Args:
            card: of the model.
            tensors: by name, as `kinds_of` has them for this card.
        """
        self._hub_mixin_config = None  # the card says it all
        self.card, self._tensors = card, dict(tensors)
        self._plan = card.plans()["generator"]
        self._samplers: dict[int, Sampler] = {}
        self._others: dict[int, ReferenceSamples] = {}
        known = (self._tensors[n] for n in ("directions", "named") if n in self._tensors)
        self._directions = torch.cat([*known])

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes of its data."""
        return self.card.labels

    @property
    def classes(self) -> int:
        """Classes that may be asked for; 0 if it is not conditional."""
        return self.card.classes

    @property
    def directions(self) -> Float[Tensor, "k z"]:
        """Unit vectors in latent space, a row each: its z axes, then those of `card.named`."""
        return self._directions

    @property
    def strengths(self) -> Float[Tensor, "z"]:
        """How far, over all pixels, a picture moves along each axis."""
        return self._tensors["strengths"]

    @property
    def steps(self) -> tuple[int, ...]:
        """Moments of its training that may be sampled; the last one is the model itself."""
        return (*self.card.snapshots, self.card.steps)

    def sampler(self, step: int | None = None) -> Sampler:
        """G, as it was after so many steps.

        Raises:
            ValueError: if it was not kept.
        """
        step = self.card.steps if step is None else step
        if step not in self.steps:
            raise ValueError(f"step {step}: one of {', '.join(map(str, self.steps))} is needed")
        if step not in self._samplers:
            name = "generator" if step == self.card.steps else f"snapshots.{step}"
            parts = (self._tensors[f"{name}.{part}"][None] for part in ("parameters", "buffers"))
            self._samplers[step] = Sampler(self._plan, *parts)
        return self._samplers[step]

    def sample(
        self,
        seeds: Sequence[int],
        label: int | str | Sequence[int | str] | None = None,
        *,
        step: int | None = None,
    ) -> UInt8[Tensor, "n c h w"]:
        """A picture for each seed, the same to the last byte in whatever company.

        Args:
            seeds: of the latent vectors, from 0 to 2^31 - 1.
            label: for a conditional model: one for all pictures or one for each, by number or
                name; None takes the classes in turn.
            step: of the training, one of `steps`; None for the model itself.

        Raises:
            ValueError: naming the argument, its value and what is possible.
        """
        for seed in seeds:
            if type(seed) is not int or not 0 <= seed <= MAX_SEED:
                raise ValueError(f"seed {seed!r}: a whole number from 0 to {MAX_SEED} is needed")
        if not len(seeds):
            return torch.empty(0, *self.card.shape, dtype=torch.uint8)
        return self.sampler(step).sample(seeds, self._numbers(label, len(seeds)))

    def _numbers(self, label: int | str | Sequence[int | str] | None, n: int) -> list[int]:
        if not self.classes:
            if label is not None:
                raise ValueError(f"label {label!r}: {self.card.name} is not conditional")
            return []
        if label is None:
            return [i % self.classes for i in range(n)]
        labels = [label] * n if isinstance(label, int | str) else label
        if len(labels) != n:
            raise ValueError(f"label: one or {n} are needed, not {len(labels)}")
        return [self.label_number(one) for one in labels]

    def label_number(self, label: int | str) -> int:
        """The number of a label that is given by number or name.

        Raises:
            ValueError: if there is no such label.
        """
        if isinstance(label, str) and label in self.labels:
            return self.labels.index(label)
        if type(label) is int and 0 <= label < self.classes:
            return label
        names = ", ".join(self.labels[:30])
        raise ValueError(
            f"label {label!r}: a number from 0 to {self.classes - 1} or one of {names} is needed"
        )

    @property
    def space(self) -> Space:
        """What may be chosen in its latent space."""
        return Space(self.card.config.noise_dim, self.classes, self.steps, len(self.card.named))

    def render(self, states: Sequence[LatentState]) -> UInt8[Tensor, "n c h w"]:
        """The pictures of some states, the same to the last byte in whatever company.

        Args:
            states: what they hold must suit `space`, as `read_state` sees to.
        """
        pictures = torch.empty(len(states), *self.card.shape, dtype=torch.uint8)
        for step in {state.step for state in states}:
            places = [i for i, state in enumerate(states) if state.step == step]
            pictures[places] = self._rendered([states[i] for i in places], step)
        return pictures

    def _rendered(
        self, states: Sequence[LatentState], step: int | None
    ) -> UInt8[Tensor, "n c h w"]:
        z = torch.stack([state.latent(self.directions) for state in states], dim=1)
        labels = [mix for s in states if (mix := s.mixture(self.classes)) is not None]
        label = torch.stack(labels, dim=1) if labels else None
        return to_bytes(self.sampler(step).pictures(z, label)).cpu()

    @cached_property
    def _examiner(self) -> DiscriminatorScorer:
        flat, buffers = (
            self._tensors[f"discriminator.{part}"][None] for part in ("parameters", "buffers")
        )
        plan = self.card.plans()["discriminator"]
        return DiscriminatorScorer(plan, flat, buffers, self.card.config, self.card.steps)

    def verdict(self, state: LatentState) -> Score:
        """What D says of a state's picture, beside samples of the same step of the training.

        D is as it was at the end, whatever the state's step: earlier ones are not kept.

        Args:
            state: what it holds must suit `space`, as `read_state` sees to.
        """
        step = self.card.steps if state.step is None else state.step
        sampler = self.sampler(step)
        if step not in self._others:
            self._others[step] = self._examiner.others(sampler)
        z, label = state.latent(self.directions), state.mixture(self.classes)
        return self._examiner.verdict(sampler, z, label, self._others[step])

    def to(self, device: torch.device | str) -> "ImageModel":
        """The same model with G, as it is and was, on a device; D stays where it is."""
        kept = ("generator.", "snapshots.")
        moved = {n: t.to(device) for n, t in self._tensors.items() if n.startswith(kept)}
        return ImageModel(self.card, {**self._tensors, **moved})

    def with_metrics(self, metrics: Mapping[str, Any]) -> "ImageModel":
        """The same model, with other figures on its card."""
        card = Card.model_validate(dict(self.card) | {"metrics": metrics})
        return ImageModel(card, self._tensors)

    def with_named(self, named: Sequence[Direction], vectors: Float[Tensor, "k z"]) -> "ImageModel":
        """The same model with other directions that have names."""
        card = Card.model_validate(dict(self.card) | {"named": tuple(named)})
        others = {name: tensor for name, tensor in self._tensors.items() if name != "named"}
        return ImageModel(card, others | ({"named": vectors.float()} if named else {}))

    def _save_pretrained(self, save_directory: Path) -> None:
        weights = save({name: tensor.contiguous() for name, tensor in self._tensors.items()})
        self.card = self.card.model_copy(update={"sha256": hashlib.sha256(weights).hexdigest()})
        sheet = png(sheet_of(self.sample, self.classes))
        files = {WEIGHTS: weights, CARD: self.card.to_json().encode(), SHEET: sheet}
        files[PAGE] = str(self.generate_model_card()).encode()
        for name, content in files.items():
            write_whole(save_directory / name, content)

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        """The page that the Hub shows; its arguments change nothing."""
        return ModelCard(model_card.model_page(self.card, SHEET))

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, **options: Any
    ) -> "ImageModel":
        """The model of a folder, or of the Hub.

        In place of the mixin's own, which would ask the Hub for a file that no model here has.

        Args:
            pretrained_model_name_or_path: the folder, or owner/name.
            options: `revision`, `cache_dir`, `force_download`, `local_files_only`, `token`, as
                `huggingface_hub.hf_hub_download` has them.

        Raises:
            CheckpointError: if it cannot be had, or is not just such a model.
        """
        folder = Path(pretrained_model_name_or_path)
        if folder.is_dir():
            return _read(folder / CARD, folder / WEIGHTS)
        name = str(pretrained_model_name_or_path)
        try:
            card, weights = (hf_hub_download(name, file, **options) for file in (CARD, WEIGHTS))
        except (OSError, ValueError) as error:  # among them all of the Hub's own
            refuse("name", f"model {name[:80]!r}: not to be had from the Hub ({error})")
        return _read(Path(card), Path(weights))


def _read(card_path: Path, weights_path: Path) -> ImageModel:
    card = Card.from_json(_bytes(card_path, MAX_CARD))
    weights = _bytes(weights_path, MAX_BYTES)
    safe_tensors.check_hash(weights, card.sha256)
    return ImageModel(card, safe_tensors.tensors_of(weights, kinds_of(card), _HEADER))


def _bytes(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():
            refuse("file", f"{path}: there is no such file")
        return safe_tensors.content(path, most)
    except OSError as error:
        refuse("file", f"{path}: {error.strerror}")


def bundled() -> list[str]:
    """Names of the models that come with ganplay."""
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{CARD}"))


def load(name: str | Path) -> ImageModel:
    """A trained image model, checked before it is used; nothing is ever unpickled.

    Args:
        name: of a bundled model, a folder, or an id on the Hugging Face Hub (owner/name).

    Raises:
        CheckpointError: if there is none, or it is not just such a model; its `code` is one of
            name, file, size, card, hash, format, tensors, finite.
    """
    text = str(name)
    if isinstance(name, str) and name in bundled():
        return ImageModel.from_pretrained(BUNDLED / name)
    if Path(name).is_dir():
        return ImageModel.from_pretrained(Path(name))
    if isinstance(name, str) and text.count("/") == 1 and not text.startswith((".", "/", "~")):
        return ImageModel.from_pretrained(name)
    known = ", ".join(bundled()) or "(none here)"
    refuse("name", f"model {text[:80]!r}: one of {known}, a folder, or owner/name on the Hub")
