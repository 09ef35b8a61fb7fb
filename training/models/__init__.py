"""The network definitions, and how their checkpoints are read and written."""
