"""The convolutional base `f_c`, and what it can be made of: a file a kind of layers."""
