"""The texts of failures: whose failure it is, and the place where a setting may be wrong."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from careervp_jobs_dal import ResultCode
from careervp_jobs_dal.aws.failure import Place, diagnose, misconfigured

PLACE = Place("jobs", "eu-west-1", "https://dynamodb.eu-west-1.amazonaws.com")
WORDS = "table jobs, region eu-west-1, endpoint https://dynamodb.eu-west-1.amazonaws.com"
ELSEWHERE: Any = {"endpoint_url": "https://elsewhere.example.com"}


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetItem")


@pytest.mark.parametrize(
    "error",
    [
        refusal("ResourceNotFoundException"),
        refusal("UnrecognizedClientException"),
        refusal("InvalidSignatureException"),
        EndpointConnectionError(**ELSEWHERE),
        ConnectTimeoutError(**ELSEWHERE),
    ],
    ids=repr,
)
def test_a_place_that_may_be_wrong_is_named(error: Exception) -> None:
    text = diagnose(error, place=PLACE).text

    assert WORDS in text
    assert "elsewhere" not in text


@pytest.mark.parametrize(
    "error", [refusal("AccessDeniedException"), refusal("ThrottlingException"), ReadTimeoutError(**ELSEWHERE)], ids=repr
)
def test_a_place_that_has_answered_is_not(error: Exception) -> None:
    assert "eu-west-1" not in diagnose(error, place=PLACE).text


def test_without_a_place_the_table_is_named() -> None:
    assert diagnose(refusal("ResourceNotFoundException"), "jobs").text == "DynamoDB error: no (table jobs)"


def test_a_client_that_cannot_be_made_names_the_place() -> None:
    failure = misconfigured(ValueError("Invalid endpoint"), Place("jobs", "eu-west-1", "nonsense"))

    assert (failure.code, failure.text) == (
        ResultCode.CONFIG_ERROR,
        "The AWS region, profile or endpoint is missing or wrong (ValueError): "
        "table jobs, region eu-west-1, endpoint nonsense",
    )


def test_an_address_shows_no_password_path_or_query() -> None:
    for address in ("https://me:secret@host:8000/secret?secret#secret", "https://secret@host:8000", "secret@host:8000"):
        words = Place("", None, address).words()

        assert words.endswith("host:8000")
        assert "secret" not in words


@given(st.text(), st.text() | st.none(), st.text() | st.none(), st.text())
def test_no_text_has_a_second_line_or_more_than_200_letters_of_others(
    table: str, region: str | None, endpoint: str | None, message: str
) -> None:
    place = Place(table, region, endpoint)
    errors = (
        refusal("ResourceNotFoundException", message),
        refusal("NewException", message),
        ConnectTimeoutError(**ELSEWHERE),
    )

    assert len(place.words()) <= 200
    for text in (
        *(diagnose(error, place=place).text for error in errors),
        misconfigured(ValueError(message), place).text,
    ):
        assert text.isprintable()
        assert len(text) < 500
