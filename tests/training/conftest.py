"""Torch on one thread, as training runs it: more wait for each other, and for the other tests."""

import torch

torch.set_num_threads(1)
