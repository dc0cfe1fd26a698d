"""One study being read: joins the scene and the worker. No Qt; main thread only; nothing here blocks."""
