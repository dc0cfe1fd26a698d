"""The parts of ``mtinet bench``: a study to run on, clocks, the machine's peak, and the network compared."""
