"""The forms of a value: Python's, boto3's, DynamoDB's JSON, the packed payload, the fingerprint and the cursor."""
