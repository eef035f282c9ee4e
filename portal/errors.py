"""The root of the exception tree."""


class SLOLabError(Exception):
    """Something went wrong that a person should read about.

    ``str(error)`` is one clear sentence: what happened and what to do about it.
    """
