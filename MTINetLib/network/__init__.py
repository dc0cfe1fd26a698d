"""The network of the paper's Figure 2, one file a box; plain tensors in and out."""
