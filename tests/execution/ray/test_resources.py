"""What a task asks of the cluster."""

from claims.execution.ray import Resources


def test_a_task_asks_for_what_it_is_given():
    assert Resources().on("cpu") == (1, 0)
    assert Resources().on("cuda") == (1, 1)
    assert Resources(4, 0.5).on("cuda") == (4, 0.5)
