"""What everything stands on: types, tasks, the registry, media, the store, results."""
