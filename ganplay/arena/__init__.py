"""Many settings side by side: cells of GANs that differ in one or two settings, and their ranks."""
