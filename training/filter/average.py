"""The exponential mean of a network's values over the steps of its training.

Polyak, Juditsky 1992, "Acceleration of stochastic approximation by averaging"; as an exponential
mean: Tarvainen, Valpola 2017, "Mean teachers are better role models", section 2.
"""

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Tensors = tuple[Tensor, ...] | list[Tensor]


def running_mean(learner: nn.Module, decay: float) -> AveragedModel:
    """A copy of the network that follows it; the running statistics of its normalisations too.

    The decay grows from 0.1 to what is given, so that a short training does not end near its start.

    Args:
        learner: the network. `update_parameters` is called with it after each step.
        decay: part of the mean that a step leaves, 0 to 1.
    """

    def follow(means: Tensors, now: Tensors, steps: Tensor | int) -> None:
        part = min(decay, float((1 + steps) / (10 + steps)))
        get_ema_multi_avg_fn(part)(means, now, steps)

    return AveragedModel(learner, multi_avg_fn=follow, use_buffers=True)
