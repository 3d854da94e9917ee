"""The commands of `bench`, a file a kind. Heavy imports wait until a command needs them."""
