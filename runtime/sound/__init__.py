"""Sound for a film: a library of recordings, the search in it, a cue sheet, and one mixed track.

Knows scene texts and, if given, how much the picture moves; it does not know how pictures are made.
"""
