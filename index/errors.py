"""Every error that Telusur raises on purpose.

TelusurError                what happened; `hint` says what to do
├── ArticleError            one input file cannot be read as an article: skipped by name, the rest goes on
├── IndexUnusableError      the index is missing, damaged, of another format or of another encoder
├── EncoderError            the encoder cannot be loaded, or gives what the index cannot hold
├── LockedError             another process is writing this index
├── StoreError              the server that holds the vectors does not answer, or refuses
├── NotFoundError           no such passage, article or path
└── UsageError              a question, filter or option that cannot be understood
"""


class TelusurError(Exception):
    """Base of all deliberate errors; `str(error)` is the message, `hint` one line on what to do (may be empty)."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ArticleError(TelusurError):
    """One input file cannot be read as an article."""


class IndexUnusableError(TelusurError):
    """The index is missing, damaged, or of another format or encoder."""


class EncoderError(TelusurError):
    """The encoder cannot be loaded or does not fit the index."""


class LockedError(TelusurError):
    """Another process is writing this index."""


class StoreError(TelusurError):
    """The server that holds the vectors does not answer, or refuses."""


class NotFoundError(TelusurError):
    """No such passage, article or path."""


class UsageError(TelusurError):
    """A question, filter or option that cannot be understood."""
