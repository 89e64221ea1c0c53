"""What a release needs: `python -m release.check`, `release.prepare X.Y.Z` and `release.build`.

`release.asynchronous` writes the file of the package that is made from others.
"""
