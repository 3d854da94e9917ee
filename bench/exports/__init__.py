"""Results for elsewhere: SQL, tables for papers, files, plots, Weights & Biases, a data set for the hub."""
