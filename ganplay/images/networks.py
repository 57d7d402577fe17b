"""Which two modules a configuration, a command or a card asks for, and how they are built.

A network is named by a model of ours (a key of MODELS) or by the place of a visitor's own class,
`package.module:Class`. A class is imported only where somebody asked for that very thing.
"""

import copy
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ganplay.common.seeding import generator_of
from ganplay.images.config import ImageConfig
from ganplay.images.datasets.base import ImageData
from ganplay.images.models import MODELS
from ganplay.images.models.dcgan import SIZES

Role = Literal["generator", "discriminator"]
ROLES: tuple[Role, ...] = ("generator", "discriminator")
Shape = tuple[int, int, int]
_NAME = r"^([a-z0-9_]+|[A-Za-z_][\w.]*:[A-Za-z_]\w*)$"


class _ShapesAlone(TorchFunctionMode):
    """On the meta device: modules are built, but none of their first weights is computed.

    There torch computes in Python code whose import takes two seconds and writes to the disk.
    What spectral norm computes is replaced by tensors of the same shapes.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else named["tensor"]
        if func in (Tensor.normal_, F.normalize, Tensor.div):
            return args[0]
        if func is torch.mv:
            return args[0][:, 0]
        if func is torch.vdot:
            return args[0][0]
        return func(*args, **named)


class StrictModel(BaseModel):
    """What cards are made of: nothing is converted, nothing unknown is ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def to_json(self) -> str:
        """As a file has it."""
        return self.model_dump_json(indent=2) + "\n"


class Network(StrictModel):
    """A network as a card names it.

    Attributes:
        model: a key of MODELS, or package.module:Class.
        arguments: of its constructor, by name.
    """

    model: Annotated[str, StringConstraints(pattern=_NAME, max_length=200)]
    arguments: Annotated[dict[str, bool | int | float | str | None], Field(max_length=64)] = {}

    @property
    def own_class(self) -> bool:
        """Whether it is a class of somebody's own, which has to be imported."""
        return ":" in self.model

    def build(self, role: Role) -> nn.Module:
        """The module, with fresh weights; imports the class where it is somebody's own.

        Raises:
            ValueError: if there is no such class, or it does not take these arguments.
        """
        if self.own_class:
            made = class_at(self.model)
        elif self.model in MODELS:
            made = getattr(MODELS[self.model], role)
        else:
            raise ValueError(f"{role}: {self.model!r} is none of {', '.join(MODELS)}")
        try:
            return made(**self.arguments)
        except TypeError as error:
            raise ValueError(f"{role} {self.model}: {error}") from error

    def build_shapes(self, role: Role) -> nn.Module:
        """The module on torch's meta device: keys and shapes, whose weights are yet to be given.

        Raises:
            ValueError: as `build` does.
        """
        with _ShapesAlone(), torch.device("meta"):
            return self.build(role)

    @classmethod
    def of(cls, module: nn.Module) -> "Network":
        """What a module of somebody's own is called; its arguments are `module.arguments`."""
        kind = type(module)
        arguments: Any = getattr(module, "arguments", {})
        return cls(model=f"{kind.__module__}:{kind.__name__}", arguments=dict(arguments))


def arguments_of(config: ImageConfig, shape: Shape, classes: int) -> dict[Role, dict[str, Any]]:
    """The arguments of our networks for pictures (c, h, w); 0 classes without labels."""
    channels, size, _ = shape
    pictures = {"size": size, "channels": channels, "classes": classes}
    shown = pictures | {"channels": 2 * channels, "classes": 2 * classes}
    return {
        "generator": {
            "noise_dim": config.noise_dim, "width": config.width_g, "norm": config.norm_g,
        } | pictures,
        "discriminator": {
            "width": config.width_d, "norm": config.norm_d, "minibatch": config.minibatch_d,
        } | (shown if config.pairs else pictures),
    }  # fmt: skip


def network_for(
    role: Role, config: ImageConfig, shape: Shape, classes: int, place: str | None = None
) -> Network:
    """The network of a configuration; at a place (package.module:Class) one of somebody's own.

    That class gets those of our own networks' arguments which its constructor has a name for.

    Raises:
        ValueError: if there is no such class.
    """
    arguments = arguments_of(config, shape, classes)[role]
    if place is None:
        return Network(model=config.model, arguments=arguments)
    known = inspect.signature(class_at(place)).parameters
    return Network(model=place, arguments={k: v for k, v in arguments.items() if k in known})


def class_at(place: str) -> type[nn.Module]:
    """The class at package.module:Class; its module is imported, and with it whatever it does.

    Raises:
        ValueError: if there is none.
    """
    module, _, name = place.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"{place}: package.module:Class is needed ({error})") from error
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise ValueError(f"{place}: it is no torch.nn.Module")
    return found


@contextmanager
def seeded(seed: int, purpose: str) -> Iterator[None]:
    """Torch's own random generator, which modules begin from, seeded here and then as before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(generator_of(seed, purpose).initial_seed())
        yield


def check_size(size: int) -> None:
    """Refuse a side of pictures that our own networks do not have.

    Raises:
        ValueError: naming those that they have.
    """
    if size not in SIZES:
        raise ValueError(f"size {size}: one of {', '.join(map(str, SIZES))} is possible")


def check_classes(names: Sequence[str], config: ImageConfig) -> None:
    """Refuse a conditional model of fewer than two classes.

    Raises:
        ValueError: saying so.
    """
    if config.conditional and len(names) < 2:
        raise ValueError(f"a conditional model needs labels of 2 or more classes, not {len(names)}")


def check_data(data: ImageData, config: ImageConfig, *, ours: bool = True) -> None:
    """Refuse pictures that no model can learn, in words.

    Args:
        data: pictures, labels and names of the classes.
        config: that is to learn them.
        ours: whether one of our own networks is to, which have few sizes.

    Raises:
        ValueError: naming what is wrong.
    """
    count, channels, height, width = data.images.shape
    if channels not in (1, 3) or (ours and not height == width in SIZES):
        sizes = f" and sides of {', '.join(map(str, SIZES))}" if ours else ""
        raise ValueError(
            f"pictures of {channels}x{height}x{width}: 1 or 3 channels{sizes} are possible"
        )
    if not count:
        raise ValueError("no pictures: at least one is needed")
    check_classes(data.names, config)
    classes, labels = len(data.names), data.labels
    if config.conditional and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(
            f"a conditional model needs labels of 2 or more classes, from 0 to {classes - 1}"
        )


def check_networks(
    generator: nn.Module,
    discriminator: nn.Module,
    config: ImageConfig,
    shape: Shape,
    classes: int,
) -> None:
    """Refuse modules that do not keep the protocol, by calling them once without a trace.

    Raises:
        ValueError: naming what came out and what is needed.
    """
    device = next(iter(generator.parameters())).device
    many = 2 if config.pairs else 1
    z = torch.zeros(2, config.noise_dim, device=device)
    y = [torch.zeros(2, many * classes, device=device)] if classes else []
    expected = (2, many * shape[0], *shape[1:])
    copies = [copy.deepcopy(net) for net in (generator, discriminator)]
    with torch.no_grad():
        pictures = copies[0](z, *y)
        if tuple(pictures.shape) != expected:
            raise ValueError(f"generator: it makes {tuple(pictures.shape)}, not {expected}")
        logits = copies[1](pictures, *y)
    if tuple(logits.shape) not in ((2,), (2, 1)):
        raise ValueError(f"discriminator: it says {tuple(logits.shape)}, not (2,) or (2, 1)")
    if config.feature_matching and not hasattr(discriminator, "forward_features"):
        raise ValueError(
            "feature_matching: this discriminator has no forward_features and forward_head"
        )
