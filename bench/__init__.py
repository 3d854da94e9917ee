"""The harness: splits, stages, store, results and the command line."""
