"""Frames and samples to files, and back. FFmpeg through PyAV; nothing here knows what a film is."""
