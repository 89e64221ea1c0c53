"""The version of the library, written here only."""

__version__ = "0.1.0"
