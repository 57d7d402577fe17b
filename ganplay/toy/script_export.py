"""An experiment as a plain PyTorch script that needs nothing but torch.

The script has only the parts that a configuration uses. It trains one pair of networks, samples on
the first axis, as textbooks do. The tests compare its weights with `ToyTrainer`'s after each step.
"""

import itertools

from ganplay.toy.config import CUSTOM, JITTER, ToyConfig
from ganplay.toy.custom_points import EXTENT
from ganplay.toy.layers import KERNEL_SIZE, KERNELS

_MIXTURES = {
    "blobs": ("torch.tensor([[-1.5, -1.0], [1.5, -1.0], [0.0, 1.6]])", 0.25),
    "ring": ("on_circle(torch.arange(8) * (2 * math.pi / 8), 2.0)", 0.05),
    "grid": ("torch.cartesian_prod(torch.arange(5) - 2.0, torch.arange(5) - 2.0)", 0.05),
    "diracs": ("torch.tensor([[-1.0, 0.0], [1.0, 0.0]])", 0.0),
    "gaussian": ("torch.zeros(1, 2)", 0.5),
    "hills": ("torch.tensor([[-1.0, 0.0], [1.0, 0.0]])", 0.5),
}
_SHAPES = {
    "line": """
    x = torch.empty(n).uniform_(-2, 2)
    return torch.stack([x, 0.5 * x], 1) + 0.05 * torch.randn(n, 2), torch.zeros(n, dtype=torch.long)
""",
    "moons": """
    labels = torch.randint(2, (n,))
    moon = on_circle(torch.empty(n).uniform_(0, math.pi), 1.0)
    other = torch.tensor([1.0, 0.5]) - moon
    points = torch.where(labels[:, None] == 0, moon, other) - torch.tensor([0.5, 0.25])
    return 1.4 * points + 0.08 * torch.randn(n, 2), labels
""",
    "circles": """
    labels = torch.randint(2, (n,))
    radius = torch.where(labels == 0, 2.0, 1.0)
    points = on_circle(torch.empty(n).uniform_(0, 2 * math.pi), radius)
    return points + 0.06 * torch.randn(n, 2), labels
""",
    "spiral": """
    labels = torch.randint(2, (n,))
    turn = torch.rand(n).sqrt() * 3 * math.pi
    points = on_circle(turn + labels * math.pi, 0.2 + turn / (3 * math.pi) * 2.0)
    return points + 0.05 * torch.randn(n, 2), labels
""",
    "pinwheel": """
    labels = torch.randint(5, (n,))
    radial, tangential = 1.2 + 0.36 * torch.randn(n), 0.12 * torch.randn(n)
    angle = labels * (2 * math.pi / 5) + 1.1 * radial
    return on_circle(angle, radial) + on_circle(angle + math.pi / 2, tangential), labels
""",
    "checkerboard": """
    column = torch.randint(4, (n,))
    row = 2 * torch.randint(2, (n,)) + column % 2
    corner = torch.stack([column, row], 1) - 2.0
    return corner + torch.rand(n, 2), torch.zeros(n, dtype=torch.long)
""",
    "s_curve": """
    t = torch.empty(n).uniform_(-1.5 * math.pi, 1.5 * math.pi)
    points = torch.stack([1.2 * t.sin(), t.sign() * (t.cos() - 1)], 1)
    return points + 0.06 * torch.randn(n, 2), torch.zeros(n, dtype=torch.long)
""",
}
_ON_CIRCLE = """
def on_circle(angle, radius):
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1)

"""
_OWN = f"""
# Four characters a point: twelve bits of x, then of y. Classes are parted by dots.
parts = [base64.urlsafe_b64decode(part) for part in POINTS.split(".")]
a, b, c = torch.tensor(list(b"".join(parts))).view(-1, 3).T
points = torch.stack([a * 16 + b // 16, b % 16 * 256 + c], 1) * ({2 * EXTENT} / 4095) - {EXTENT}
classes = torch.tensor([k for k, part in enumerate(parts) for _ in range(len(part) // 3)])

"""
_ACTIVATIONS = {
    "relu": "F.relu({})", "leaky_relu": "F.leaky_relu({}, 0.2)", "tanh": "torch.tanh({})",
    "silu": "F.silu({})", "sine": "torch.sin({})",
}  # fmt: skip
_INITS = {
    "kaiming_uniform": 'nn.init.kaiming_uniform_({}, nonlinearity="relu")',
    "kaiming_normal": 'nn.init.kaiming_normal_({}, nonlinearity="relu")',
    "xavier_uniform": "nn.init.xavier_uniform_({})",
    "xavier_normal": "nn.init.xavier_normal_({})",
    "orthogonal": "nn.init.orthogonal_({})",
    "normal": "nn.init.normal_({}, 0.0, 0.02)",
    "identity": "nn.init.eye_({})",
}
_LOSSES = {
    # of D, of G
    "minimax": ("(F.softplus(-real) + F.softplus(fake)).mean()", "-F.softplus(fake).mean()"),
    "non_saturating": ("(F.softplus(-real) + F.softplus(fake)).mean()", "F.softplus(-fake).mean()"),
    "least_squares": (
        "(0.5 * (real - 1).square() + 0.5 * fake.square()).mean()",
        "0.5 * (fake - 1).square().mean()",
    ),
    "hinge": ("(F.relu(1 - real) + F.relu(1 + fake)).mean()", "-fake.mean()"),
    "wasserstein": ("(fake - real).mean()", "-fake.mean()"),
}


def as_script(config: ToyConfig, steps: int) -> str:
    """A Python script that trains this configuration for so many steps with torch alone.

    Every 500 steps it prints the Jensen-Shannon divergence of 2,500 samples, and at the end it
    writes samples to `points.csv`. It draws all random numbers from torch's global generator, so it
    repeats itself, but its run is another than `ToyTrainer`'s of that seed. From the same weights
    and batches it takes the same steps, up to rounding; with spectral norm only nearly, because
    torch does a power iteration at every forward pass and ganplay one an update.
    """
    parts = [
        _head(config, steps), _data(config), _net(config, "Generator"),
        _net(config, "Discriminator"), _setting_up(config), _losses(config), _updates(config),
        _main(config),
    ]  # fmt: skip
    return "\n\n\n".join(part.strip("\n") for part in parts) + "\n"


def _head(c: ToyConfig, steps: int) -> str:
    spectral = "from torch.nn.utils.parametrizations import spectral_norm\n"
    spectral = spectral if "spectral" in (c.norm_g, c.norm_d) else ""
    own = f'POINTS = "{c.points}"\n' if c.points else ""
    ends = " (which ends with POINTS)" if own else ""
    state = c.to_state().removesuffix(c.points)
    return f'''"""A GAN on the plane in plain PyTorch: {c.distribution}, {c.loss} loss.

Settings as a ganplay state string{ends}: {state}
"""

{"import base64" + chr(10) if own else ""}import copy
import math

import torch
import torch.nn.functional as F
from torch import nn
{spectral}
{own}STEPS, BATCH = {steps}, {c.batch_size}
torch.manual_seed({c.seed})
torch.set_num_threads(1)  # nets this small are fastest so'''


def _data(c: ToyConfig) -> str:
    body = _SHAPES.get(c.distribution)
    if c.distribution in _MIXTURES:
        modes, sigma = _MIXTURES[c.distribution]
        body = f"""
    modes = {modes}
    labels = torch.randint(len(modes), (n,))
    return modes[labels] + {sigma} * torch.randn(n, 2), labels
"""
    if c.distribution == CUSTOM:
        body = f"""
    index = torch.randint(len(points), (n,))
    return points[index] + {JITTER} * torch.randn(n, 2), classes[index]
"""
    text = f'''
def real_samples(n):
    """Points (n, 2) of the data, and the class of each."""{body}'''
    if "on_circle(" in text:
        text = _ON_CIRCLE + text
    if c.distribution == CUSTOM:
        text = _OWN + text
    draw = "2 * torch.rand(n, {}) - 1" if c.noise == "uniform" else "torch.randn(n, {})"
    return f"""{text}

def noise(n):
    return {draw.format(c.noise_dim)}
"""


def _net(c: ToyConfig, name: str) -> str:
    g, both = name == "Generator", ("layers", "width", "norm", "residual", "activation")
    layers, width, norm, residual, activation = (
        getattr(c, f"{n}_{'g' if g else 'd'}") for n in both
    )
    minibatch = "none" if g else c.minibatch_d
    inputs = (c.noise_dim if g else 2) + c.classes
    features = width if layers else inputs
    linear = "spectral_norm(nn.Linear({}, {}))" if norm == "spectral" else "nn.Linear({}, {})"
    sizes = [inputs] + [width] * layers
    hidden = ", ".join(linear.format(i, o) for i, o in itertools.pairwise(sizes))
    indexed, own, norms = residual, "layer(x)", ""
    if norm == "layer":
        indexed, own = True, "self.norms[i](layer(x))"
        norms = f"""
        self.norms = nn.ModuleList([nn.LayerNorm({width}) for _ in range({layers})])"""
    extra, kernels, seen = 0, "", ""
    if minibatch == "stddev":
        extra = 1
        seen = """
        spread = (x.var(0, correction=0) + 1e-8).sqrt().mean()
        x = torch.cat([x, spread.expand(len(x), 1)], 1)"""
    elif minibatch == "discrimination":
        extra = KERNELS
        kernels = f"""
        self.kernels = nn.Parameter(torch.empty{(KERNELS * KERNEL_SIZE, features)})
        nn.init.xavier_normal_(self.kernels)"""
        seen = f"""
        m = (x @ self.kernels.T).unflatten(1, ({KERNELS}, {KERNEL_SIZE}))
        distance = (m[:, None] - m[None]).abs().sum(3)  # (n, n, kernels)
        x = torch.cat([x, (-distance).exp().sum(1)], 1)"""
    h = _ACTIVATIONS[activation].format(own)
    result = "self.last(x).tanh()" if c.output_g == "tanh" else "self.last(x)"
    if not g:
        result = f"{c.scale_d} * " * (c.scale_d != 1) + "self.last(x).squeeze(1)  # logits"
    return f"""class {name}(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.ModuleList([{hidden}]){norms}{kernels}
        self.last = {linear.format(features + extra, 2 if g else 1)}

    def features(self, x):
        for {"i, layer in enumerate(self.hidden)" if indexed else "layer in self.hidden"}:
            x = {f"x + {h} if i else {h}" if residual else h}
        return x

    def forward(self, x):
        x = self.features(x){seen}
        return {result}"""


def _setting_up(c: ToyConfig) -> str:
    def start(net: str, init: str, norm: str) -> str:
        if init == "default":
            return ""
        weight = "layer.parametrizations.weight.original" if norm == "spectral" else "layer.weight"
        return f"""for layer in [*{net}.hidden, {net}.last]:
    {_INITS[init].format(weight)}
    nn.init.zeros_(layer.bias)
"""

    def optimizer(net: str, name: str, lr: float) -> str:
        call = {
            "sgd": "SGD({}.parameters(), {})",
            "momentum": f"SGD({{}}.parameters(), {{}}, momentum={c.beta1})",
            "rmsprop": f"RMSprop({{}}.parameters(), {{}}, alpha={c.beta2})",
            "adam": f"Adam({{}}.parameters(), {{}}, betas=({c.beta1}, {c.beta2}))",
        }[name]
        return "torch.optim." + call.format(net, lr)

    average = "average = copy.deepcopy(generator)  # what is looked at\n" if c.ema else ""
    return f"""
generator, discriminator = Generator(), Discriminator()
{start("generator", c.init_g, c.norm_g)}{start("discriminator", c.init_d, c.norm_d)}{average}\
optimizer_g = {optimizer("generator", c.optimizer_g, c.lr_g)}
optimizer_d = {optimizer("discriminator", c.optimizer_d, c.lr_d)}
"""


def _losses(c: ToyConfig) -> str:
    d_loss, g_loss = _LOSSES[c.loss]
    if c.label_smoothing and c.loss == "least_squares":
        d_loss = d_loss.replace("real - 1)", f"real - {1 - c.label_smoothing})")
    elif c.label_smoothing:
        d_loss += f" + {c.label_smoothing} * real.mean()"
    label = ", label" if c.classes else ""
    text = f"""
def d_loss(real, fake):
    return {d_loss}


def g_loss(fake):
    return {g_loss}
"""
    if c.classes:
        text += f"""

def with_label(x, label):
    return torch.cat([x, F.one_hot(label, {c.classes}).float()], 1)
"""
    if c.instance_noise:
        # By D's updates before the last one: G's fakes are blurred like those that D has just seen.
        fading = f" * max(0, 1 - max(0, updates_d - 1) / {c.instance_noise_steps})"
        text += f"""

def jittered(x):
    return x + {c.instance_noise}{fading if c.instance_noise_steps else ""} * torch.randn_like(x)
"""
    if c.penalty != "none" and c.penalty_weight:
        gp = c.penalty == "wgan_gp"
        where = "torch.lerp(fake, real, torch.rand(len(real), 1))" if gp else "real"
        cost = f"(norm - {c.penalty_target}).square()" if gp else "0.5 * norm.square()"
        text += f"""

def penalty(real, fake{label}):
    x = {where}.detach().requires_grad_()
    (slope,) = torch.autograd.grad(discriminator({_labelled(c, "x")}).sum(), x, create_graph=True)
    norm = (slope.square().sum(1) + 1e-12).sqrt()  # of each sample
    return {cost}.mean()
"""
    return text


def _labelled(c: ToyConfig, x: str) -> str:
    """The expression of a net's input: x, with labels if the model is conditional."""
    return f"with_label({x}, label)" if c.classes else x


def _updates(c: ToyConfig) -> str:
    label = ", label" if c.classes else ""

    def step(net: str) -> str:
        lines = f"    optimizer_{net[0]}.zero_grad()\n    loss.backward()\n"
        if c.grad_clip:
            lines += f"    nn.utils.clip_grad_norm_({net}.parameters(), {c.grad_clip})\n"
        return lines + f"    optimizer_{net[0]}.step()\n"

    clock = bool(c.instance_noise and c.instance_noise_steps)
    text = "updates_d = 0\n\n\n" if clock else ""
    text += f"""def batch():
    real, {"label" if c.classes else "_"} = real_samples(BATCH)
    return real, noise(BATCH){label}


def fakes(z{label}):
    return generator({_labelled(c, "z")})


def update_d(real, fake{label}):
{"    global updates_d" + chr(10) if clock else ""}\
{"    updates_d += 1" + chr(10) if clock else ""}    fake = fake.detach()
{"    real, fake = jittered(real), jittered(fake)" + chr(10) if c.instance_noise else ""}\
    loss = d_loss(discriminator({_labelled(c, "real")}), discriminator({_labelled(c, "fake")}))
"""
    if c.penalty != "none" and c.penalty_weight:
        text += f"    loss = loss + {c.penalty_weight} * penalty(real, fake{label})\n"
    text += step("discriminator")
    if c.weight_clip:
        text += f"""    with torch.no_grad():
        for weight in discriminator.parameters():
            weight.clamp_(-{c.weight_clip}, {c.weight_clip})
"""
    x = _labelled(c, "fake")
    text += f"\n\ndef update_g(real, fake{label}):\n"
    text += "    fake = jittered(fake)\n" if c.instance_noise else ""
    text += f"    loss = g_loss(discriminator({x}))\n"
    if c.feature_matching:
        text += f"""    seen = discriminator.features({x.replace("fake", "real")}).mean(0)
    gap = seen - discriminator.features({x}).mean(0)
    loss = loss + {c.feature_matching} * gap.square().sum()
"""
    text += step("generator")
    if c.ema:
        text += f"""    with torch.no_grad():
        for mean, weight in zip(average.parameters(), generator.parameters()):
            mean.lerp_(weight, {round(1 - c.ema, 10)})
"""
    together = min(c.steps_d, c.steps_g, 1)
    text += '\n\ndef step():\n    """One step of the game."""\n'

    def more(net: str, count: int) -> str:
        loop = f"    for _ in range({count}):\n        real, z{label} = batch()\n"
        return loop + f"        update_{net}(real, fakes(z{label}){label})\n" if count else ""

    text += more("d", c.steps_d - together)
    if together:
        text += f"    real, z{label} = batch()\n    fake = fakes(z{label})\n"
        text += _pair(c, label)
    text += more("g", c.steps_g - together)
    return text if c.steps_d + c.steps_g else text + "    pass\n"


def _pair(c: ToyConfig, label: str) -> str:
    if not c.simultaneous:
        return f"    update_d(real, fake{label})\n    update_g(real, fake{label})\n"
    return f"""    before = copy.deepcopy(discriminator.state_dict())
    update_d(real, fake{label})
    after = copy.deepcopy(discriminator.state_dict())
    discriminator.load_state_dict(before)  # G answers to D as it was
    update_g(real, fake{label})
    discriminator.load_state_dict(after)
"""


def _labels(c: ToyConfig) -> str:
    """A function that gives labels in the data's shares, as `gan.class_shares` has it."""
    weights = c.data.class_weights
    if not c.classes:
        return ""
    text = '''
def labels_in_shares(n):
    """Labels of n fakes to be held against real points, with these points' shares of classes."""
'''
    if len(set(weights)) == 1:
        return text + f"    return torch.arange(n) % {c.classes}\n\n"
    return (
        text
        + f"""    weights = torch.tensor({list(weights)})
    behind, labels = torch.zeros_like(weights), []
    for _ in range(n):  # next comes the class that is furthest behind its share
        behind += weights
        labels.append(int(behind.argmax()))
        behind[labels[-1]] -= weights.sum()
    return torch.tensor(labels)

"""
    )


def _main(c: ToyConfig) -> str:
    extent = c.data.extent
    made = "average" if c.ema else "generator"
    labels, z = _labels(c), "with_label(noise(n), labels_in_shares(n))" if c.classes else "noise(n)"
    return f'''{labels}
@torch.no_grad()
def fake_samples(n):
    return {made}({z})


def jensen_shannon(real, fake, cells=32):
    """Of the two histograms over the plane, in bits: 0 if equal, 1 if disjoint."""

    def shares(x):
        index = ((x + {extent}) * (cells / {2 * extent})).floor().clamp(0, cells - 1).long()
        return torch.bincount(index[:, 1] * cells + index[:, 0], minlength=cells**2) / len(x)

    def entropy(p):
        return -torch.xlogy(p, p).sum() / math.log(2)

    p, q = shares(real), shares(fake)
    # Rounding may leave [0, 1] by a little.
    return (entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2).clamp(0, 1)


if __name__ == "__main__":
    for i in range(1, STEPS + 1):
        step()
        if i % 500 == 0 or i == STEPS:
            distance = jensen_shannon(real_samples(2500)[0], fake_samples(2500)).item()
            print(f"step {{i}}: distance {{distance:.3f}}")
    with open("points.csv", "w") as file:
        file.writelines(f"{{x}},{{y}}\\n" for x, y in fake_samples(2500).tolist())
'''
