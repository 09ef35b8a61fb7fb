"""The workshop: the film world, the networks and the stages that train them (PyTorch)."""
