"""The User-Agent header, by which AWS's logs and support tell who sent a request."""

from __future__ import annotations

import os
import re
import sys

from careervp_jobs_dal.version import __version__

_APP_ID_VARIABLE = "AWS_SDK_UA_APP_ID"
_LONGEST_APP_ID = 50
# The characters of a token in HTTP; any other could end the header.
_FOREIGN = re.compile(r"[^\w!$%&'*+.^`|~-]", re.ASCII)


def user_agent(*sdk: str) -> str:
    """Return the user agent, with the SDK that sends the request first.

    >>> user_agent("Boto3/1.40.0").startswith("Boto3/1.40.0 careervp-jobs-dal/")
    True
    """
    app_id = _FOREIGN.sub("-", os.environ.get(_APP_ID_VARIABLE, ""))[:_LONGEST_APP_ID]
    parts = [*sdk, f"careervp-jobs-dal/{__version__}", "lang/python#{}.{}.{}".format(*sys.version_info)]
    return " ".join([*parts, f"app/{app_id}"] if app_id else parts)
