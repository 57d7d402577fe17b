"""Small toys, one of each kind."""

from ganplay import ToyConfig
from ganplay.gan.losses import LOSSES
from ganplay.toy.optimizers import OPTIMIZERS

SMALL = ToyConfig(width_g=16, width_d=16, batch_size=32, lr_g=1e-3, lr_d=1e-3)
VARIANTS = {
    **{f"loss {name}": {"loss": name} for name in LOSSES},
    **{f"optimiser {n}": {"optimizer_g": n, "optimizer_d": n, "lr_g": 0.01} for n in OPTIMIZERS},
    "wgan_gp": {"loss": "wasserstein", "penalty": "wgan_gp", "steps_d": 2},
    "r1": {"penalty": "r1"},
    "weight clipping": {"loss": "wasserstein", "weight_clip": 0.05},
    "label smoothing": {"label_smoothing": 0.1},
    "instance noise": {"instance_noise": 0.3, "instance_noise_steps": 16},
    "feature matching": {"feature_matching": 1.0},
    "conditional": {"conditional": True},
    "gradient clipping": {"grad_clip": 0.1},
    "averaging": {"ema": 0.9},
    "simultaneous": {"simultaneous": True},
    "k updates": {"steps_d": 2, "steps_g": 3},
    "frozen g": {"steps_g": 0},
    "frozen d": {"steps_d": 0},
    "layer norm": {"norm_d": "layer", "norm_g": "layer", "penalty": "wgan_gp"},
    "spectral norm": {"norm_d": "spectral", "norm_g": "spectral", "scale_d": 4.0},
    "spectral norm, wgan_gp": {"norm_d": "spectral", "penalty": "wgan_gp"},
    "residual": {"residual_d": True, "residual_g": True, "layers_g": 3, "layers_d": 3},
    "residual, r1": {"residual_d": True, "layers_d": 3, "penalty": "r1"},
    "minibatch stddev": {"minibatch_d": "stddev"},
    "minibatch discrimination": {"minibatch_d": "discrimination", "penalty": "wgan_gp"},
    "silu, tanh": {"activation_g": "silu", "activation_d": "tanh", "penalty": "r1"},
    "sine": {"activation_g": "sine", "activation_d": "sine", "penalty": "wgan_gp"},
    "relu, wgan_gp": {"activation_d": "relu", "penalty": "wgan_gp"},
    "linear nets": {"layers_g": 0, "layers_d": 0},
    "tanh output, uniform noise": {"output_g": "tanh", "noise": "uniform", "noise_dim": 5},
}
