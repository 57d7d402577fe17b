"""Trained image models: a folder of `model.safetensors` and `card.json`, here or on the Hub."""

import copy
import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch
from huggingface_hub import ModelCard, ModelHubMixin, hf_hub_download
from jaxtyping import Float, UInt8
from safetensors.torch import save
from torch import Tensor, nn

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
from ganplay.images.networks import Network, Role
from ganplay.images.sampler import Sampler, to_bytes
from ganplay.media.contact_sheet import png, sheet_of

WEIGHTS, CARD, PAGE, SHEET = "model.safetensors", "card.json", "README.md", "samples.png"
RUN = "run.json"
"""A file that runs have and models have not."""
MAX_BYTES = 2**28
_HEADER = 2**20
BUNDLED = CHECKPOINTS
"""Where the models are that come with ganplay."""


Source = nn.Module | type[nn.Module] | None
"""A visitor's own network: the module, or its class."""


class Networks(NamedTuple):
    """The two modules of a card; what their weights are is of no account."""

    generator: nn.Module
    discriminator: nn.Module


def networks_of(
    card: Card,
    generator: Source = None,
    discriminator: Source = None,
    trust_classes: bool = False,
) -> Networks:
    """The modules that a card names.

    Args:
        card: of the model.
        generator: its own class or a module, for a card that names one.
        discriminator: likewise.
        trust_classes: import the classes that the card names, which runs their code.

    Raises:
        CheckpointError: with the code "network", if a class is needed that was not given.
    """
    given: dict[Role, Source] = {"generator": generator, "discriminator": discriminator}
    made = {}
    for role, source in given.items():
        network: Network = getattr(card, role)
        if isinstance(source, nn.Module):
            made[role] = source
        elif source is not None:
            made[role] = source(**network.arguments)
        elif network.own_class and not trust_classes:
            refuse("network", f"{role}: this model needs {network.model}, a class of somebody's "
                   f"own, which is not imported unasked: give {role}=..., or trust_classes=True "
                   "if you trust that code")  # fmt: skip
        elif network.own_class:
            try:
                made[role] = network.build(role)
            except ValueError as error:
                refuse("network", str(error))
        else:
            made[role] = network.build_shapes(role)  # its weights are read from the file
    return Networks(**made)


def specs_of(card: Card, networks: Networks) -> dict[str, TensorSpec]:
    """The tensors of a model's file: `state_dict`s with all floats in half precision."""
    specs: dict[str, TensorSpec] = {}
    places = networks._asdict()
    places |= {f"snapshots.{step}": networks.generator for step in card.snapshots}
    for place, net in places.items():
        for key, tensor in net.state_dict().items():
            dtype = torch.float16 if tensor.is_floating_point() else tensor.dtype
            specs[f"{place}.{key}"] = TensorSpec(tuple(tensor.shape), dtype)
    dim = card.config.noise_dim
    named = {"named": TensorSpec((len(card.named), dim))} if card.named else {}
    return specs | {"directions": TensorSpec((dim, dim)), "strengths": TensorSpec((dim,))} | named


class ImageModel(ModelHubMixin, library_name="ganplay", tags=["gan"]):
    """A trained model: its G, D, earlier snapshots of G, and card.

    `from_pretrained`, `save_pretrained` and `push_to_hub` are those of huggingface_hub.

    Attributes:
        card: all that is known of it.
        directions: in latent space: its axes, the strongest first (`latent.principal_directions`),
            and those that have names.
        strengths: how much each moves a picture.
    """

    def __init__(
        self,
        card: Card,
        tensors: Mapping[str, Tensor],
        networks: Networks | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        """Put a model together.

        Args:
            card: of the model.
            tensors: by name, as `specs_of` has them for this card.
            networks: the modules that the card names; None makes them, where they are ours.
            device: where G makes pictures; D stays on the CPU.
        """
        self._hub_mixin_config = None  # the card says it all
        self.card, self._tensors, self._device = card, dict(tensors), device
        self._networks = networks_of(card) if networks is None else networks
        self._samplers: dict[int, Sampler] = {}
        self._references: dict[int, ReferenceSamples] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes of its data."""
        return self.card.labels

    @property
    def classes(self) -> int:
        """Classes that may be asked for; 0 if it is not conditional."""
        return self.card.classes

    @cached_property
    def directions(self) -> Float[Tensor, "k z"]:
        """Unit vectors in latent space, a row each: its z axes, then those of `card.named`."""
        return torch.cat([self._tensors[n] for n in ("directions", "named") if n in self._tensors])

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
            generator = self._module(self._networks.generator, name)
            dim = self.card.config.noise_dim
            self._samplers[step] = Sampler(generator, dim, self.classes, self._device)
        return self._samplers[step]

    def _module(self, network: nn.Module, place: str) -> nn.Module:
        """A network with the weights of a place in the file."""
        prefix = f"{place}."
        names = [name for name in self._tensors if name.startswith(prefix)]
        state = {name.removeprefix(prefix): self._tensors[name] for name in names}
        made = copy.deepcopy(network)
        made.load_state_dict(state, assign=True)
        return made

    def sample(
        self,
        seeds: Sequence[int],
        label: int | str | Sequence[int | str] | None = None,
        *,
        step: int | None = None,
    ) -> UInt8[Tensor, "n c h w"]:
        """A picture for each seed, the same to the last byte in whatever batch.

        Args:
            seeds: of the latent vectors, from 0 to 2^31 - 1.
            label: for a conditional model: one for all pictures or one for each, by number or
                name; None takes the classes in turn, whatever shares they have in the data.
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
        """The pictures of some states, the same to the last byte in whatever batch.

        Args:
            states: what they hold must suit `space`, as `read_state` sees to.
        """
        pictures = torch.empty(len(states), *self.card.shape, dtype=torch.uint8)
        for step in {state.step for state in states}:
            places = [i for i, state in enumerate(states) if state.step == step]
            z, y = self.latents([states[i] for i in places])
            pictures[places] = to_bytes(self.sampler(step).pictures(z, y)).cpu()
        return pictures

    def latents(
        self, states: Sequence[LatentState]
    ) -> tuple[Float[Tensor, "n z"], Float[Tensor, "n k"] | None]:
        """Latent vectors and labels of one state or more; None in place of the labels without."""
        z = torch.stack([state.latent(self.directions) for state in states])
        labels = [mix for s in states if (mix := s.mixture(self.classes)) is not None]
        return z, torch.stack(labels) if labels else None

    @cached_property
    def _scorer(self) -> DiscriminatorScorer:
        module = self._module(self._networks.discriminator, "discriminator")
        card = self.card
        return DiscriminatorScorer(module, card.config, card.steps, card.class_weights)

    def score(self, state: LatentState) -> Score:
        """What D says of a state's picture, beside samples of the same step of the training.

        D is as it was at the end, whatever the state's step: earlier ones are not kept.

        Args:
            state: what it holds must suit `space`, as `read_state` sees to.
        """
        step = self.card.steps if state.step is None else state.step
        sampler = self.sampler(step)
        if step not in self._references:
            self._references[step] = self._scorer.reference_samples(sampler)
        z, y = state.latent(self.directions), state.mixture(self.classes)
        return self._scorer.score(sampler, z, y, self._references[step])

    def to(self, device: torch.device | str) -> "ImageModel":
        """The same model with G, as it is and was, on a device; D stays where it is."""
        return ImageModel(self.card, self._tensors, self._networks, device)

    def with_card(self, **changes: Any) -> "ImageModel":
        """The same model with some fields of its card changed."""
        card = Card.model_validate(dict(self.card) | changes)
        return ImageModel(card, self._tensors, self._networks, self._device)

    def with_named(self, named: Sequence[Direction], vectors: Float[Tensor, "k z"]) -> "ImageModel":
        """The same model with other directions that have names."""
        card = Card.model_validate(dict(self.card) | {"named": tuple(named)})
        others = {name: tensor for name, tensor in self._tensors.items() if name != "named"}
        tensors = others | ({"named": vectors.float()} if named else {})
        return ImageModel(card, tensors, self._networks, self._device)

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
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        generator: Source = None,
        discriminator: Source = None,
        trust_classes: bool = False,
        **options: Any,
    ) -> "ImageModel":
        """The model of a folder, or of the Hub.

        In place of the mixin's own, which would ask the Hub for a file that no model here has.

        Args:
            pretrained_model_name_or_path: the folder, or owner/name.
            generator: of a model of somebody's own networks: the module or its class.
            discriminator: likewise.
            trust_classes: import the classes that the card names, which runs their code.
            options: `revision`, `cache_dir`, `force_download`, `local_files_only`, `token`, as
                `huggingface_hub.hf_hub_download` has them.

        Raises:
            CheckpointError: if it cannot be had, or is not just such a model.
        """
        name, folder = str(pretrained_model_name_or_path), Path(pretrained_model_name_or_path)
        paths = [folder / file for file in (CARD, WEIGHTS)]
        if not folder.is_dir():
            try:
                paths = [Path(hf_hub_download(name, path.name, **options)) for path in paths]
            except (OSError, ValueError) as error:  # among them all of the Hub's own
                refuse("name", f"model {name[:80]!r}: not to be had from the Hub ({error})")
        card = Card.from_json(_bytes(paths[0], MAX_CARD))
        weights = _bytes(paths[1], MAX_BYTES)
        safe_tensors.check_hash(weights, card.sha256)
        networks = networks_of(card, generator, discriminator, trust_classes)
        tensors = safe_tensors.tensors_of(weights, specs_of(card, networks), _HEADER)
        return cls(card, tensors, networks)


def _bytes(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():
            refuse("file", f"{path}: there is no such file")
        return safe_tensors.content(path, most)
    except OSError as error:
        refuse("file", f"{path}: {error.strerror}")


def read_unloaded(folder: Path) -> Card:
    """The card of the model in a folder, whose weights are looked at but not read.

    Raises:
        CheckpointError: if it cannot be used without somebody's own code; its `code` is one of
            run, file, size, pointer, card, network, format.
    """
    if not (folder / CARD).is_file() and (folder / RUN).is_file():
        refuse("run", "this is a run; `ganplay export` makes a model of it")
    try:
        card = Card.from_json(safe_tensors.content(folder / CARD, MAX_CARD))
    except OSError as error:
        refuse("file", f"{CARD}: {error.strerror}")
    for role in Networks._fields:
        network: Network = getattr(card, role)
        if network.own_class:
            refuse("network", f"{role}: {network.model} is a class of somebody's own, which is not"
                   " imported here")  # fmt: skip
    safe_tensors.check_whole(folder / WEIGHTS, MAX_BYTES, _HEADER)
    return card


def bundled() -> list[str]:
    """Names of the models that come with ganplay."""
    return sorted(path.parent.name for path in BUNDLED.glob(f"*/{CARD}"))


def load(
    name: str | Path,
    *,
    generator: Source = None,
    discriminator: Source = None,
    trust_classes: bool = False,
) -> ImageModel:
    """A trained image model, checked before it is used; nothing is ever unpickled.

    Args:
        name: of a bundled model, a folder, or an id on the Hugging Face Hub (owner/name).
        generator: of a model of somebody's own networks: the module or its class.
        discriminator: likewise.
        trust_classes: import the classes that the model's card names, which runs their code.

    Raises:
        CheckpointError: if there is none, or it is not just such a model; its `code` is one of
            name, file, size, card, hash, network, format, tensors, finite.
    """
    text = str(name)
    place = BUNDLED / name if name in bundled() else name
    on_hub = text.count("/") == 1 and not text.startswith((".", "/", "~"))
    if not (Path(place).is_dir() or (on_hub and isinstance(name, str))):
        known = ", ".join(bundled()) or "(none here)"
        refuse("name", f"model {text[:80]!r}: one of {known}, a folder, or owner/name on the Hub")
    return ImageModel.from_pretrained(
        place, generator=generator, discriminator=discriminator, trust_classes=trust_classes
    )
