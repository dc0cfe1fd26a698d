"""Pictures of the scene, rendered by VTK without a display; ask ``gl.rendering_is_possible`` first."""
