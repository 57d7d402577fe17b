"""Networks of picture models, one architecture a file: plain `torch.nn.Module`s.

`ImageTrainer` trains any two modules that keep this protocol, whoever wrote them:

    generator(z, y=None)      pictures (n, c, h, w) in [-1, 1] of latent vectors (n, z), which are
                              `ImageConfig.noise_dim` standard normal numbers for each sample
    discriminator(x, y=None)  logits (n,) or (n, 1) of pictures x, high for what looks real

`y` (n, k) holds shares of the classes, one-hot or a mixture, and is given to conditional models
only. A discriminator may also have `forward_features(x) -> (n, f)` and
`forward_head(features, y=None)`, which feature matching needs; and `reference_batch(x)` with an
argument `reference` of `forward`, if it judges a picture as part of a batch even in evaluation.
"""

from typing import NamedTuple

from torch import nn

from ganplay.images.models.dcgan import DcganDiscriminator, DcganGenerator


class Model(NamedTuple):
    """The classes of a generator and of its discriminator."""

    generator: type[nn.Module]
    discriminator: type[nn.Module]


MODELS = {"dcgan": Model(DcganGenerator, DcganDiscriminator)}
