"""The table's infrastructure, from one description: creation, verification, repair, templates and IAM policies."""
