"""Tables as another hand may have made them, and commands of the AWS command line carried out on them."""

from __future__ import annotations

import json
import shlex
from copy import deepcopy
from typing import Any

from careervp_jobs_dal.infrastructure.description import create_table_request, key_schema, time_to_live_request


class Making:
    """How a table is made: as described, until a test spoils it."""

    def __init__(self, name: str, optional_indexes: Any = True) -> None:
        self.name = name
        self.request = deepcopy(create_table_request(name, optional=optional_indexes))
        self.request["DeletionProtectionEnabled"] = True
        self.time_to_live: dict[str, Any] | None = time_to_live_request(name)["TimeToLiveSpecification"]
        self.recovery = True

    def index(self, name: str) -> dict[str, Any]:
        return next(index for index in self.request["GlobalSecondaryIndexes"] if index["IndexName"] == name)

    def drop(self, name: str) -> None:
        self.request["GlobalSecondaryIndexes"].remove(self.index(name))

    def add(self, name: str, *keys: str, letter: str = "S") -> None:
        """Add an index of somebody else; the type is that of its first key."""
        index = {"IndexName": name, "KeySchema": key_schema(*keys), "Projection": {"ProjectionType": "KEYS_ONLY"}}
        self.request["GlobalSecondaryIndexes"].append(index)
        self.set_type(keys[0], letter)

    def make(self, client: Any, *, has_backups: bool) -> None:
        self._define_only_key_attributes()
        client.create_table(**self.request)
        client.get_waiter("table_exists").wait(TableName=self.name)
        if self.time_to_live:
            client.update_time_to_live(TableName=self.name, TimeToLiveSpecification=self.time_to_live)
        if self.recovery and has_backups:
            specification = {"PointInTimeRecoveryEnabled": True}
            client.update_continuous_backups(TableName=self.name, PointInTimeRecoverySpecification=specification)

    def set_type(self, attribute: str, letter: str) -> None:
        types = self.request["AttributeDefinitions"]
        others = [each for each in types if each["AttributeName"] != attribute]
        self.request["AttributeDefinitions"] = [*others, {"AttributeName": attribute, "AttributeType": letter}]

    def _define_only_key_attributes(self) -> None:
        """DynamoDB wants a definition for each attribute of a key, and for no other."""
        schemas = [self.request["KeySchema"], *(index["KeySchema"] for index in self.request["GlobalSecondaryIndexes"])]
        names = {key["AttributeName"] for schema in schemas for key in schema}
        types = {each["AttributeName"]: each["AttributeType"] for each in self.request["AttributeDefinitions"]}
        self.request["AttributeDefinitions"] = [
            {"AttributeName": name, "AttributeType": types.get(name, "S")} for name in sorted(names)
        ]


def carry_out(client: Any, command: str) -> None:
    """Send what `aws dynamodb VERB --option value ...` would send."""
    aws, service, verb, *words = shlex.split(command)
    assert (aws, service) == ("aws", "dynamodb")
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("--"):
            options[word.removeprefix("--")] = []
        else:
            options[list(options)[-1]].append(word)
    parameters = {pascal_case(option): value(option, values) for option, values in options.items()}
    if "AttributeDefinitions" in parameters:
        parameters["AttributeDefinitions"] += other_definitions(client, parameters)
    getattr(client, verb.replace("-", "_"))(**parameters)


def other_definitions(client: Any, parameters: dict[str, Any]) -> list[dict[str, str]]:
    """DynamoDB adds definitions to those that are there; moto would put them in their place."""
    given = {each["AttributeName"] for each in parameters["AttributeDefinitions"]}
    present = client.describe_table(TableName=parameters["TableName"])["Table"]["AttributeDefinitions"]
    return [each for each in present if each["AttributeName"] not in given]


def pascal_case(option: str) -> str:
    special = {"deletion-protection-enabled": "DeletionProtectionEnabled"}
    return special.get(option, "".join(part.capitalize() for part in option.split("-")))


def value(option: str, values: list[str]) -> Any:
    """A switch, JSON, the command line's shorthand, a list of it, or a text."""
    if not values:
        return True
    if values[0].startswith("["):
        return json.loads(values[0])
    if "=" not in values[0]:
        return values[0]
    structures = [shorthand(each) for each in values]
    return structures if option.endswith("s") else structures[0]


def shorthand(text: str) -> dict[str, Any]:
    pairs = dict(each.split("=") for each in text.split(","))
    return {name: {"true": True, "false": False}.get(given, given) for name, given in pairs.items()}
