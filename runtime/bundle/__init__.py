"""Model bundles: folders with `bundle.json` and graphs, verified, and engines for them on demand."""

from runtime.bundle.engines import Engines
from runtime.bundle.folder import MANIFEST, Bundle, open_bundle
from runtime.bundle.line_up import STARTER, LineUp, find, has_starter, starter_folder
from runtime.bundle.manifest import (
    LAYOUT,
    ROLES,
    Decoder,
    Denoiser,
    FileEntry,
    FlowSchedule,
    GraphEntry,
    Latent,
    Manifest,
    ScaledLinearSchedule,
    Sounds,
    Source,
    TextEncoder,
    Upscaler,
)
from runtime.bundle.write import write_manifest

__all__ = ["LAYOUT", "MANIFEST", "ROLES", "STARTER", "Bundle", "Decoder", "Denoiser", "Engines", "FileEntry",
           "FlowSchedule", "GraphEntry", "Latent", "LineUp", "Manifest", "ScaledLinearSchedule", "Sounds", "Source",
           "TextEncoder", "Upscaler", "find", "has_starter", "open_bundle", "starter_folder", "write_manifest"]
