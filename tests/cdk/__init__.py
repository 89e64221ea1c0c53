"""The constructs for AWS CDK, tested in an environment of their own: `make cdk`."""
