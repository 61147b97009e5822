#!/usr/bin/env python3
"""Writes Tests/Data/CheckpointsTests/SafetensorsGolden.swift: a small file made by the safetensors library.

Usage: python scripts/goldens/weights_safetensors.py > Tests/Data/CheckpointsTests/SafetensorsGolden.swift
Needs torch and safetensors. Deterministic.
"""

import base64

import safetensors.torch
import torch

tensors = {
    "layer.weight": torch.tensor([[1.5, -0.1, 3e38], [1e-45, -0.0, 7.0]], dtype=torch.float32),
    "half": torch.tensor([1.5, -6e-8, 65504.0], dtype=torch.float16),
    "brain": torch.tensor([1.0, -3.140625, 1e30, -0.0], dtype=torch.bfloat16),
    "ids": torch.tensor([-1, 2**62], dtype=torch.int64),
    "mask": torch.tensor([True, False, True]),
    "bytes": torch.tensor([0, 255], dtype=torch.uint8),
    "scalar": torch.tensor(0.5, dtype=torch.float64),
    "empty": torch.zeros((0, 3), dtype=torch.float32),
}
data = safetensors.torch.save(tensors, metadata={"format": "pt", "note": "made by Python"})
text = base64.b64encode(data).decode()
print("""// Written by scripts/goldens/weights_safetensors.py (the safetensors library). Do not edit.

enum SafetensorsGolden {
    static let base64 = \"\"\"""")
for start in range(0, len(text), 100):
    print("        " + text[start : start + 100] + ("\\" if start + 100 < len(text) else ""))
print('        """')
print("}")
