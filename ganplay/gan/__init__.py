"""What every GAN shares: losses and penalties."""
