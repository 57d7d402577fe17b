"""Moving through a trained model's latent space."""
