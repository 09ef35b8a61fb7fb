"""Items drawn in worker processes."""

import os
import sys

import pytest
import torch

from training import data


def item(index: int) -> data.Item:
    """Who drew it, and in which process group."""
    group = os.getpgid(0) if sys.platform != "win32" else 0
    return {"index": torch.tensor(index), "process": torch.tensor(os.getpid()), "group": torch.tensor(group)}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups of this kind")
def test_what_ends_the_stages_process_group_does_not_reach_its_workers_before_it_has_saved() -> None:
    batch = next(data.batches(item, 7, 3, workers=1))
    assert batch["index"].tolist() == [7, 8, 9]
    assert os.getpid() not in batch["process"].tolist()
    assert os.getpgid(0) not in batch["group"].tolist()
