"""Failures of seeds, shared by all processes of a run."""

from claims.execution.ray.failures import Failures, SeedFailure


def test_what_failed_is_known_to_all_that_share_a_folder(tmp_path):
    one, other, alone = Failures(tmp_path), Failures(tmp_path), Failures()
    bad = SeedFailure("NonFiniteError", "training diverged in seed 3", True)
    assert other.get("digest", 3) is None
    one.add("digest", 3, bad)
    assert one.get("digest", 3) == other.get("digest", 3) == bad
    assert other.get("digest", 4) is other.get("more", 3) is alone.get("digest", 3) is None
    Failures(tmp_path / "gone").add("digest", 3, bad)  # the run is over: nobody is left to be told
