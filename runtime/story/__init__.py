"""The story room: an idea in, a `Screenplay` out. Two writers: one needs nothing, one asks a script server."""

from runtime.story.offline import write_offline
from runtime.story.request import MAX_IDEA
from runtime.story.server import ScriptServer, host, write_with_server
from runtime.story.taught import warning

__all__ = ["MAX_IDEA", "ScriptServer", "host", "warning", "write_offline", "write_with_server"]
