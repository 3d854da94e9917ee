"""Songs from music21's corpus, sung text and rendered music."""
