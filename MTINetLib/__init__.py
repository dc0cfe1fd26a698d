"""MTINetLib: liver lesions in four-phase contrast MRI, from images to findings. Research use only."""

__version__ = "0.1.0"
