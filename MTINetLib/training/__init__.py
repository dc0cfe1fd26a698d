"""Training: from a dataset folder to a model folder. Nothing here is imported at start-up of the module."""

from MTINetLib.network.torchvision_operators import declare_missing_operators

# Before any file here imports Lightning, which imports torchvision where it is installed.
declare_missing_operators()
