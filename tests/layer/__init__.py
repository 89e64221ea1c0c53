"""The Lambda layer, built for real and run as Lambda runs it; by ``make test-layer`` only.

``pythons`` makes the runtimes, ``runtime_api`` is the side of Lambda that a runtime talks to, ``function`` starts one
execution environment, and ``local_aws`` is the AWS around it.
"""
