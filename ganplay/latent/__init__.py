"""Moving through the latent space of a trained model: walks, arithmetic, projection."""
