"""The documentation: built by `sphinx-build -W -n -b html docs docs/_build/html`, checked with `-b doctest`."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("careervp_jobs_dal") is None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from careervp_jobs_dal.version import __version__

ROOT = str(Path(__file__).resolve().parents[1])

project = "careervp-jobs-dal"
author = "CareerVP"
copyright = "CareerVP"  # noqa: A001  # Sphinx asks for this name
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write `name`
nitpicky = True
nitpick_ignore = [
    ("py:class", name)
    for name in (
        "AbstractSet",
        "ConditionBase",
        "DynamoDBServiceResource",
        "Path",
        "Projection",
        "T_co",
        "Table",
        "collections.abc.Callable",
        "datetime",
        "datetime.datetime",
        "timedelta",
    )
]

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_use_ivar = True
napoleon_use_rtype = False
smartquotes_action = "D"  # dashes only: quotes in docstrings are code
python_maximum_signature_line_length = 60

# Every example on every page runs against an AWS inside the process, with this table and this repository.
doctest_global_setup = f"""
ROOT = {ROOT!r}
import os
for name in [name for name in os.environ if name.startswith("AWS_")]:
    del os.environ[name]
os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
os.environ["POWERTOOLS_LOG_LEVEL"] = "CRITICAL"  # some examples are failures

from moto import mock_aws
embedded_aws = mock_aws()
embedded_aws.start()

from careervp_jobs_dal import *
repository = JobsRepository(create_table("jobs").unwrap())
"""
doctest_global_cleanup = "embedded_aws.stop()"

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
