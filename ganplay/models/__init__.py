"""Network architectures, one a file."""

from ganplay.models.mlp import Mlp

MODELS = {"mlp": Mlp}
