"""The other papers' data sets, made from media that the user has."""
