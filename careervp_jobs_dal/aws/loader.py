"""A quicker start for boto3: a service's model is found without a look into the folder of every service.

To make one client, botocore lists the services it knows about: hundreds of folders, an eighth of a cold start. A loader
that is asked for one service needs none of them. It gives what botocore's own gives, and falls back on it.
"""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader, instance_cache
from botocore.session import get_session


class _OneService(Loader):
    """Knows one service, so that it need not search for others."""

    def __init__(self, service_name: str, search_paths: list[str]) -> None:
        super().__init__(search_paths, include_default_search_paths=False)
        self._service_name = service_name

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  # botocore names it
        return [self._service_name]


class _DirectLoader(Loader):
    """Looks for what it is asked for, and among everything only where that is not there."""

    @instance_cache
    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        direct = _OneService(service_name, self.search_paths)
        try:
            return direct.load_service_model(service_name, type_name, api_version)
        except DataNotFoundError:
            return super().load_service_model(service_name, type_name, api_version)


def ensure_default_session() -> None:
    """Make the default session that boto3 is about to make, with the quicker loader; leave one that is there alone.

    The default session, because other clients of the application share it: one more session would cost more than the
    loader saves.
    """
    if boto3.DEFAULT_SESSION is not None:
        return
    core = get_session()
    configured = core.get_config_variable("data_path") or ""
    paths = [os.path.expanduser(os.path.expandvars(path)) for path in configured.split(os.pathsep) if path]
    core.register_component("data_loader", _DirectLoader(paths))
    boto3.setup_default_session(botocore_session=core)
