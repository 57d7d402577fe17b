"""2-D toy GANs, S at once on a leading axis: settings, data, training, diagnosis."""
