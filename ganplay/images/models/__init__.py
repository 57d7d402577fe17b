"""Network architectures, one a file."""

from collections.abc import Callable
from typing import NamedTuple

from ganplay.images.models.dcgan import DcganDiscriminator, DcganGenerator
from ganplay.toy.architecture import Architecture
from ganplay.toy.mlp import Mlp


class Model(NamedTuple):
    """The plans of a generator and of its discriminator."""

    generator: Callable[..., Architecture]
    discriminator: Callable[..., Architecture]


MODELS = {"mlp": Model(Mlp, Mlp), "dcgan": Model(DcganGenerator, DcganDiscriminator)}
