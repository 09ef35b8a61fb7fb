"""The app people install: one sentence in, a finished film out. No torch, no network, no GUI."""

__version__ = "0.1.0"
