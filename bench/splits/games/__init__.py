"""Scenes of several games: pictures, texts and the music that their makers chose for them."""
