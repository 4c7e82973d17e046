"""Networks and trainings that several test modules make."""

import torch

from models.networks.network import Network
from models.settings import BridgeSettings, NetworkSettings, TrainSettings
from models.training import Task


def drawn(shape, n_seeds=3, batch=7, n_in=5, n_classes=4, seed=0):
    """A stack with random parameters (biases too), a batch for each seed, and the forward pass."""
    network = Network(NetworkSettings(**shape), n_in, n_classes)
    generator = torch.Generator().manual_seed(seed)
    params = network.initial(range(n_seeds), "cpu")
    for tensor in params.values():
        tensor += 0.3 * torch.randn(tensor.shape, generator=generator)
    # the formulas, without rounding
    params = {name: tensor.double() for name, tensor in params.items()}
    x = torch.randn(n_seeds, batch, n_in, generator=generator).double()
    y = torch.randint(n_classes, (n_seeds, batch), generator=generator)
    return network, params, x, y, network.forward(params, network.embed(params, x))


def task(width=64, blocks=3, head_gain=1.0, **options):
    return Task(
        "digits",
        NetworkSettings(width=width, blocks=blocks, head_gain=head_gain),
        TrainSettings(**options),
        1.0,
        BridgeSettings(),
    )


def same(left, right):
    return [name for name in left if not torch.equal(left[name], right[name])] == []
