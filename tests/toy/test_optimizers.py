import pytest
import torch

from ganplay.toy.optimizers import UPDATES, Moments, Rates, clip_norm

TORCH = {
    "sgd": lambda p, lr: torch.optim.SGD(p, lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr, momentum=0.7),
    "rmsprop": lambda p, lr: torch.optim.RMSprop(p, lr, alpha=0.95),
    "adam": lambda p, lr: torch.optim.Adam(p, lr, betas=(0.7, 0.95)),
}


@pytest.mark.parametrize("name", UPDATES)
def test_agrees_with_torch_at_a_rate_for_each_member(name):
    torch.manual_seed(0)
    rates = torch.tensor([[1e-2], [3e-3]], dtype=torch.float64)
    flat = torch.randn(2, 5, dtype=torch.float64)
    others = [row.clone().requires_grad_() for row in flat]
    optimisers = [TORCH[name]([p], r.item()) for p, r in zip(others, rates, strict=True)]
    ones, moments = torch.ones_like(rates), Moments.zeros(flat)
    rates = Rates(rates, *(value * ones for value in (0.7, 0.95, 0.3, 0.05)))
    for _ in range(20):
        grad = torch.randn_like(flat)
        UPDATES[name](flat, grad, moments, rates)
        for member, optimiser in enumerate(optimisers):
            others[member].grad = grad[member].clone()
            optimiser.step()
    torch.testing.assert_close(flat, torch.stack(others).detach())


def test_clip_norm_is_torchs_for_each_member():
    grad = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    clipped = clip_norm(grad, torch.tensor([[1.0], [1.0]]))
    torch.testing.assert_close(clipped, torch.tensor([[0.6, 0.8], [0.3, 0.4]]))
