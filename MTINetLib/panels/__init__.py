"""The Qt panels of the module, one file a section. Only this room knows qt and ctk."""
