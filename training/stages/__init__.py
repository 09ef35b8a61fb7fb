"""The stages that make the starter, each a command: vae, stage0, stage1, stage2, distil, upscaler."""
