"""Citations: what a run used, as a paragraph for a paper with its BibTeX."""
