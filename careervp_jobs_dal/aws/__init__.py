"""The way to AWS: the only package that meets boto3. It sends plans, and turns failures of the world into codes."""
