"""Ways between latent vectors: straight lines, arcs and splines on the sphere.

Rows are latent vectors, (n, z); `t` holds how far along each of them is, 0 at a and 1 at b.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Vectors = Float[Tensor, "*#n z"]
Shares = Float[Tensor, "*#n"]


def lerp(a: Vectors, b: Vectors, t: Shares) -> Float[Tensor, "*n z"]:
    """Straight from a to b: `(1 - t) a + t b`, which is shorter on the way than at its ends."""
    t = t[..., None]
    return (1 - t) * a + t * b


def slerp(a: Vectors, b: Vectors, t: Shares) -> Float[Tensor, "*n z"]:
    """Along the arc from a to b, with lengths interpolated linearly.

    `sin((1 - t) w) / sin(w) a' + sin(t w) / sin(w) b'` of the unit vectors a' and b' with the
    angle w between them (White 2016, "Sampling generative networks", section 2). Where the
    two point the same or opposite ways there is no one arc: then it is `lerp`.
    """
    lengths = [x.norm(dim=-1, keepdim=True) for x in (a, b)]
    one, other = (x / n.clamp_min(1e-12) for x, n in zip((a, b), lengths, strict=True))
    angle = (one * other).sum(-1, keepdim=True).clamp(-1, 1).arccos()
    share = t[..., None]
    arc = ((1 - share) * angle).sin() * one + (share * angle).sin() * other
    length = (1 - share) * lengths[0] + share * lengths[1]
    # A vector of length zero has no direction either.
    sine = angle.sin() * (lengths[0] * lengths[1] > 1e-12)
    return torch.where(sine > 1e-4, arc / sine.clamp_min(1e-4) * length, lerp(a, b, t))


def spline(points: Float[Tensor, "k z"], leg: Int[Tensor, "n"], t: Shares) -> Float[Tensor, "n z"]:
    """A smooth way through points on their shell, without corners at them.

    Catmull and Rom's spline built of arcs in place of lines (Schlag 1991, "Using geometric
    constructions to interpolate orientation with quaternions"; Barry and Goldman 1988).

    Args:
        points: the way goes from the second to the last but one; the first and the last point
            only bend it.
        leg: between which two points, from 0 to k - 4.
        t: how far on that leg, in [0, 1].
    """
    p = [points[leg + i] for i in range(4)]
    one = [slerp(p[i], p[i + 1], t + 1 - i) for i in range(3)]
    two = [slerp(one[i], one[i + 1], (t + 1 - i) / 2) for i in range(2)]
    return slerp(two[0], two[1], t)
