"""Parts that several systems are put together from: captioners, chat models, music generators, sampling."""
