"""Compiles trained networks into bundles: ONNX graphs with their manifest."""
