"""Which script server the user has configured."""

import os

from runtime.story import ScriptServer


def server_from_environment() -> ScriptServer | None:
    """The server that OPENAI_BASE_URL and OPENAI_MODEL name; None when they do not."""
    address, model = os.environ.get("OPENAI_BASE_URL"), os.environ.get("OPENAI_MODEL")
    return ScriptServer(address, model) if address and model else None
