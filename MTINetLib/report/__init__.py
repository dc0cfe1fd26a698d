"""What leaves the program: JSON, CSV, label maps, HTML and PDF report. Knows neither Slicer nor VTK."""
