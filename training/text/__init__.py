"""The starter's text encoder: a small student of all-MiniLM-L6-v2, its training text and its distillation."""
