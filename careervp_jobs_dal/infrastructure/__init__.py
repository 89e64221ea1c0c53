"""The table and what surrounds it, from one description: create, verify, mend, templates and IAM policies."""
