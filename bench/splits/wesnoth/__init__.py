"""Scenes of the game Battle for Wesnoth: picture, story and the music that its makers chose."""
