"""A study on one grid: which phases it has, where its voxels lie, the slices that a network sees."""
