"""Makes the pictures of the presets: `python scripts/thumbnails.py`.

Each shows real and fake points of a run that really was, at a step that is typical of the preset.
Writes `ganplay/web/lab/thumbnails.json`.
"""

import json
from pathlib import Path

import ganplay
from ganplay import PRESETS, ToyTrainer
from ganplay.live.frame_codec import pack_points

STEPS = {"ring": 3000, "grid": 6000, "collapse": 1500, "oscillation": 600, "vanishing": 1500,
         "wgan-gp": 3000, "classic": 3000}  # fmt: skip
POINTS = 110
TARGET = Path(ganplay.__file__).parent / "web" / "lab" / "thumbnails.json"


def main() -> None:
    """Train every preset and keep a few of its points."""
    pictures = {}
    for name, config in PRESETS.items():
        trainer = ToyTrainer(config)
        trainer.step(STEPS[name])
        extent = trainer.distribution().extent
        pictures[name] = {
            "real": pack_points(trainer.real(POINTS)[0], extent),
            "fake": pack_points(trainer.sample(POINTS)[0], extent),
        }
    TARGET.write_text(json.dumps(pictures, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
