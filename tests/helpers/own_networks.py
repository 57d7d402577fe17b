"""Two networks such as a visitor might write: no class, argument or layer of ganplay's."""

from torch import nn


class Generator(nn.Module):
    """Pictures of any size, with labels if wanted."""

    def __init__(self, noise_dim, size, channels, classes=0):
        super().__init__()
        self.arguments = {
            "noise_dim": noise_dim, "size": size, "channels": channels, "classes": classes,
        }  # fmt: skip
        self.mix = nn.Linear(classes, noise_dim) if classes else None
        self.body = nn.Sequential(
            nn.Linear(noise_dim, 32), nn.BatchNorm1d(32), nn.ReLU(),
            nn.Linear(32, channels * size**2), nn.Tanh(), nn.Unflatten(1, (channels, size, size)),
        )  # fmt: skip

    def forward(self, z, y=None):
        return self.body(z if y is None else z + self.mix(y))


class Discriminator(nn.Module):
    """Logits (n, 1)."""

    def __init__(self, size, channels, classes=0):
        super().__init__()
        self.arguments = {"size": size, "channels": channels, "classes": classes}
        self.body = nn.Sequential(
            nn.Flatten(), nn.Linear(channels * size**2, 16), nn.LeakyReLU(0.2)
        )
        self.last = nn.Linear(16, 1)
        self.labels = nn.Linear(classes, 16) if classes else None

    def forward(self, x, y=None):
        features = self.body(x)
        logits = self.last(features)
        return logits if y is None else logits + (features * self.labels(y)).sum(1, keepdim=True)
