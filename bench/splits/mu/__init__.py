"""M2UGen's MU sets."""
