"""The MRML scene: volumes, segmentation, curves, layout, pictures. Only scene/ and panels/ know Slicer."""
