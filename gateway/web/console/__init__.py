"""Console: the township staff's pages, one module for each part of the menu."""
