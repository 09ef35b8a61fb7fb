"""The film room: a request in, a finished film out, with everything in between kept in a film folder.

The command line and the desktop app are thin faces over `make` and `render`: both yield the events of
`runtime.events` and stop cleanly when closed.
"""

from runtime.film.decisions import Film, load, save
from runtime.film.folder import FilmFolder
from runtime.film.lock import holder
from runtime.film.make import make, render
from runtime.film.request import FilmRequest, film_folder
from runtime.film.setup import line_up_for
from runtime.film.sounds import embedder

__all__ = ["Film", "FilmFolder", "FilmRequest", "embedder", "film_folder", "holder", "line_up_for", "load", "make",
           "render", "save"]
