"""Codecs: Python's values, boto3's and DynamoDB's JSON; the packed payload, the fingerprint and the cursor."""
