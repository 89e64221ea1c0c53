"""What a release needs: `python -m release.check`, `release.prepare X.Y.Z` and `release.build`."""
