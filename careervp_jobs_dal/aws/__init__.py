"""Access to AWS through boto3: it sends the requests of plans, and turns failures of AWS and the network into codes."""
