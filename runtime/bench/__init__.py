"""How fast a model is on this machine: what `moviefactory bench` measures, stage by stage, cold and warm.

Loads nothing heavy: the processes that are measured import from here before their clock starts.
"""
