"""A run by several processes that share a folder and nothing else: each makes a shard, one puts them together."""
