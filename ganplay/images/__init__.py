"""Picture GANs: models, data sets, training, checkpoints, evaluation."""
