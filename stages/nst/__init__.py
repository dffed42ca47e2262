"""The neural core: encoders, moments, losses and optimizers. Tensors in, tensors out, no files."""
