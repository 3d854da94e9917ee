"""What the papers' own figures were computed with, one file a paper, faults included.

None of these is the canonical metric of its name; each file says what it measures instead. They are here so that
a published figure can be read for what it is. A value that the authors' code would have replaced by a number of
its own (0 for a failure) is NaN here.
"""
