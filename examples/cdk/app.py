"""The service as a CDK app.

Deploy it with `cdk deploy -c stage=dev -c user_pool_arn=… -c layer=…`, where the layer
is `careervp-jobs-dal-layer-full-….zip`.

`make cdk` synthesises it without the CDK's own program.
"""

from __future__ import annotations

import os
from pathlib import Path

from aws_cdk import App
from service_stack import ServiceStack

CHECKOUT = Path(__file__).resolve().parents[2]
USER_POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_example"


def main() -> None:
    """Synthesise one stack, for the stage that the context names."""
    app = App()
    stage = app.node.try_get_context("stage") or "dev"
    ServiceStack(
        app,
        "Vpr",
        stack_name=f"vpr-{stage}",
        stage=stage,
        layer=Path(app.node.try_get_context("layer") or built_layer()),
        user_pool_arn=app.node.try_get_context("user_pool_arn") or USER_POOL,
        allowed_origin=app.node.try_get_context("allowed_origin")
        or "https://app.example.com",
        pipe=app.node.try_get_context("pipe") == "true",
        tracing=app.node.try_get_context("tracing") == "true",
    )
    app.synth()


def built_layer() -> Path:
    """Find the newest full layer that `make layer` has built."""
    found = sorted(
        (CHECKOUT / "dist").glob("careervp-jobs-dal-layer-full-[0-9]*.zip"),
        key=os.path.getmtime,
    )
    if not found:
        raise SystemExit(
            "There is no layer in dist/: run make layer, or give -c layer=FILE"
        )
    return found[-1]


if __name__ == "__main__":
    main()
