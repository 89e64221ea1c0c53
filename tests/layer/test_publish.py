"""Publishing, against moto's Lambda: what AWS keeps is what was built, and each version has the next number."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from careervp_jobs_dal.version import __version__
from tests.layer.pythons import CHECKOUT, SUPPORTED

Layers = Callable[[str], Path]
GUIDE = CHECKOUT / "docs" / "guides" / "layer.md"
BUCKET = "careervp-artifacts"
OFFER: dict[str, Any] = {
    "LayerName": "careervp-jobs-dal",
    "Description": f"careervp-jobs-dal {__version__}",
    "LicenseInfo": "MIT",
    "CompatibleRuntimes": [f"python{version}" for version in SUPPORTED],
    "CompatibleArchitectures": ["x86_64", "arm64"],
}


@pytest.fixture
def aws_lambda() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("lambda")


def sha256(layer: Path) -> str:
    """Hash a file as Lambda writes it."""
    return base64.b64encode(hashlib.sha256(layer.read_bytes()).digest()).decode()


@pytest.mark.parametrize("kind", ["slim", "full"])
def test_what_is_published_is_what_was_built(kind: str, layer_of: Layers, aws_lambda: Any) -> None:
    layer = layer_of(kind)
    published = aws_lambda.publish_layer_version(Content={"ZipFile": layer.read_bytes()}, **OFFER)
    assert published["LayerVersionArn"].endswith(":layer:careervp-jobs-dal:1")

    kept = aws_lambda.get_layer_version(LayerName=OFFER["LayerName"], VersionNumber=1)
    assert kept["Content"]["CodeSha256"] == sha256(layer)
    assert kept["Content"]["CodeSize"] == layer.stat().st_size
    assert {name: kept[name] for name in OFFER.keys() & kept.keys()} == {
        name: value for name, value in OFFER.items() if name != "LayerName"
    }


def test_each_publication_has_the_next_number(layer_of: Layers, aws_lambda: Any) -> None:
    for kind in ("slim", "full"):
        aws_lambda.publish_layer_version(Content={"ZipFile": layer_of(kind).read_bytes()}, **OFFER)
    versions = aws_lambda.list_layer_versions(LayerName=OFFER["LayerName"])["LayerVersions"]
    assert sorted(each["Version"] for each in versions) == [1, 2]
    kept = [aws_lambda.get_layer_version(LayerName=OFFER["LayerName"], VersionNumber=number) for number in (1, 2)]
    assert [each["Content"]["CodeSha256"] for each in kept] == [sha256(layer_of("slim")), sha256(layer_of("full"))]


def test_a_large_layer_is_published_by_way_of_s3(layer_of: Layers, aws_lambda: Any) -> None:
    layer, s3 = layer_of("full-boto3"), boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.upload_file(str(layer), BUCKET, layer.name)
    content = {"S3Bucket": BUCKET, "S3Key": layer.name}
    assert aws_lambda.publish_layer_version(Content=content, **OFFER)["Content"]["CodeSha256"] == sha256(layer)


def test_the_guide_offers_the_layer_to_every_supported_python() -> None:
    guide = GUIDE.read_text()
    offers = [line for line in guide.splitlines() if "python3.11" in line]
    assert len(offers) == 3  # the command line, SAM and Terraform
    assert all(re.findall(r"python3\.\d+", line) == OFFER["CompatibleRuntimes"] for line in offers)
