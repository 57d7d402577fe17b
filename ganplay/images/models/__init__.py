"""Networks of picture models, one architecture a file: plain `torch.nn.Module`s."""

from typing import NamedTuple

from torch import nn

from ganplay.images.models.dcgan import DcganDiscriminator, DcganGenerator


class Model(NamedTuple):
    """The classes of a generator and of its discriminator."""

    generator: type[nn.Module]
    discriminator: type[nn.Module]


MODELS = {"dcgan": Model(DcganGenerator, DcganDiscriminator)}
