"""Run by torchrun in test_distributed: the command, then what each process has in the end."""

import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from helpers.pictures import bars
from safetensors.torch import save_file

from ganplay.cli import main, train
from ganplay.images.config import ImageConfig
from ganplay.images.distributed import ALONE, group
from ganplay.images.trainer import ImageTrainer

COMMON = {
    "width_g": 4, "width_d": 4, "batch_size": 8, "noise_dim": 6, "conditional": True,
    "precision": "float32", "augment_cutout": True, "instance_noise": 0.1,
}  # fmt: skip
CONFIGS = {
    # No sample sees another: the mean of two half batches' gradients is the whole batch's.
    "apart": ImageConfig(
        **COMMON, norm_g="none", norm_d="spectral", penalty="r1", optimizer_g="sgd",
        optimizer_d="sgd", lr_g=0.05, lr_d=0.05,
    ),
    # Batch norm takes its statistics from a process's own half.
    "normed": ImageConfig(**COMMON),
}  # fmt: skip
STEPS = 6


def trained(config, processes=ALONE):
    torch.set_num_threads(1)
    trainer = ImageTrainer(config, bars(), group=processes)
    for _ in range(STEPS):
        trainer.step()
    return trainer


if __name__ == "__main__":
    with group("cpu") as processes:
        # The command is given this group: a process can be of no second one.
        train.group = lambda device: nullcontext(processes)
        main(["train", *sys.argv[2:]])
        for name, config in CONFIGS.items():
            made = trained(config, processes)
            sampled = made.sampled_generator().state_dict()
            tensors = made.tensors() | {f"sampled.{name}": t for name, t in sampled.items()}
            save_file(
                {n: t.detach().clone().contiguous() for n, t in tensors.items()},
                Path(sys.argv[1]) / f"{name}{processes.rank}.safetensors",
            )
