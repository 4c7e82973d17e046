"""All tensors of a stack in one vector: the same values, each network's part at a border of its
own, the gaps zero.
"""

import torch
from hypothesis import given
from hypothesis import strategies as st

from models.networks.layout import ALIGNMENT, packed
from models.networks.network import stack_axis

sizes = st.integers(1, 7)


@given(n_seeds=sizes, blocks=sizes, rows=sizes, columns=sizes)
def test_the_views_are_the_tensors_and_each_network_begins_at_a_border(
    n_seeds, blocks, rows, columns
):
    generator = torch.Generator().manual_seed(0)
    tensors = {
        "input.W": torch.randn(n_seeds, rows, columns, generator=generator),
        "block.W1": torch.randn(blocks, n_seeds, rows, columns, generator=generator),
        "head.b": torch.randn(n_seeds, 1, columns, generator=generator),
    }
    vector, views = packed(tensors)
    assert list(views) == list(tensors)
    assert all(torch.equal(views[name], tensor) for name, tensor in tensors.items())
    assert len(vector) % ALIGNMENT == 0 and vector.is_contiguous()
    for name, view in views.items():
        for s in range(n_seeds):
            part = view.select(stack_axis(name), s)
            assert part.storage_offset() % ALIGNMENT == 0
            assert part.untyped_storage().data_ptr() == vector.data_ptr()
    assert vector.count_nonzero() == sum(t.count_nonzero() for t in tensors.values())


def test_what_changes_in_the_vector_changes_in_the_views_and_the_tensors_stay():
    tensors = {"input.W": torch.ones(2, 3, 5), "head.W": torch.ones(2, 5, 2)}
    vector, views = packed(tensors)
    vector.mul_(3)
    assert all((view == 3).all() for view in views.values())
    assert all((t == 1).all() for t in tensors.values())
