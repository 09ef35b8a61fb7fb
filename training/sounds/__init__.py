"""The starter sound library, synthesised: effects, ambiences and music as code.

Each recipe stands beside the words it is found by. `python -m training.sounds.make` renders them all.
"""
