"""Local DynamoDB engines, independent of each other, that the test suite can run against.

``catalogue`` says what each engine is and where it differs from DynamoDB, ``install`` fetches the
engines into ``.engines/``, and ``server`` starts and stops them.
"""
