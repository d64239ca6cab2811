"""Eyes: the slow look at the two photos of each use, on a thread of its own, beside the log."""
