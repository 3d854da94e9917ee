"""What goes wrong, tried: odd media, mutated files and the faults that each must come to."""
