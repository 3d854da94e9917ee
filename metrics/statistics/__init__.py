"""How sure a value is: bootstrap intervals, paired differences and tests."""
