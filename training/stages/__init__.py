"""The stages that make the starter, each a command: vae, stage0, planner, stage1, stage2, distil, upscaler, judge."""
