#!/usr/bin/env python3
"""The AWS API through botocore, the client that the AWS CLI and boto3 are made of.

To be run by a Python that has botocore 1.43.11: build/third_party/aws-cli/bin/python has it. The program is STEPWELL_BIN, else --stepwell.
"""
import json
import os
import shutil
import sys
import tempfile
import unittest

import botocore
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

PROGRAM = None
ACCOUNT = "arn:aws:states:us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/r"
OTHER_ROLE = "arn:aws:iam::123456789012:role/other"


def passing(result):
    return json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": result, "End": True}}})


def waiting(seconds=3600):
    return json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Wait", "Seconds": seconds, "End": True}}})


def failing():
    return json.dumps({"StartAt": "Only", "States": {"Only": {"Type": "Fail", "Error": "Broken", "Cause": "On purpose."}}})


class Case(unittest.TestCase):
    """One daemon for all; each test has machines with names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="stepwell-aws-clients-")
        cls.daemon = Daemon(PROGRAM, os.path.join(cls.folder, "data"))
        cls.daemon.start()
        session = botocore.session.Session()
        session.set_credentials("x", "x")
        cls.session = session
        cls.sfn = cls.client()
        cls.unchecked = cls.client(parameter_validation=False)

    @classmethod
    def tearDownClass(cls):
        status = cls.daemon.stop()
        shutil.rmtree(cls.folder, ignore_errors=True)
        assert status == 0, f"expected the daemon to end with 0, but it ended with {status}"

    @classmethod
    def client(cls, **options):
        config = Config(inject_host_prefix=False, retries={"max_attempts": 0}, read_timeout=30, **options)
        return cls.session.create_client("stepfunctions", region_name="us-east-1", config=config, endpoint_url=f"http://127.0.0.1:{cls.daemon.port}")

    def create(self, definition=None, **members):
        name = self.id().rsplit(".", 1)[-1]
        return self.sfn.create_state_machine(name=name, definition=definition or passing(1), roleArn=ROLE, **members)

    def refused(self, code, message, call, **members):
        with self.assertRaises(ClientError) as caught:
            call(**members)
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], error["Message"]), (code, message))
        return caught.exception.response

    def numbers(self, arn):
        listed = self.sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        return [int(version["stateMachineVersionArn"].rsplit(":", 1)[1]) for version in listed]

    def end_of(self, execution):
        def ended():
            found = self.sfn.describe_execution(executionArn=execution)
            return found["status"] != "RUNNING" and found
        return wait_until(ended, 20, "the execution to end")


class Versions(Case):
    def test_published_at_creation(self):
        made = self.create(publish=True, versionDescription="first")
        arn = made["stateMachineArn"]
        self.assertEqual(made["stateMachineVersionArn"], arn + ":1")
        version = self.sfn.describe_state_machine(stateMachineArn=arn + ":1")
        self.assertEqual((version["stateMachineArn"], version["description"]), (arn + ":1", "first"))
        self.assertNotIn("revisionId", version)
        plain = self.sfn.describe_state_machine(stateMachineArn=arn)
        self.assertEqual(plain["stateMachineArn"], arn)
        self.assertNotIn("description", plain)
        again = self.create(publish=True, versionDescription="first")
        self.assertEqual(again["stateMachineVersionArn"], arn + ":1")
        exists = f"State Machine Already Exists: '{arn}'"
        self.refused("StateMachineAlreadyExists", exists, self.create)
        self.refused("StateMachineAlreadyExists", exists, self.create, publish=True, versionDescription="other")
        self.assertEqual(self.numbers(arn), [1])

    def test_description_wants_publish(self):
        words = "Version description can only be set when publish is true"
        self.refused("ValidationException", words, self.create, versionDescription="first")
        arn = self.create()["stateMachineArn"]
        self.refused("ValidationException", words, self.sfn.update_state_machine, stateMachineArn=arn, definition=passing(2), versionDescription="x")

    def test_revisions_are_published_once(self):
        arn = self.create()["stateMachineArn"]
        self.assertEqual(self.numbers(arn), [])
        same = self.sfn.update_state_machine(stateMachineArn=arn, definition=passing(1), publish=True)
        self.assertEqual(same["stateMachineVersionArn"], arn + ":1")
        self.assertNotIn("revisionId", same)
        for _ in range(2):
            self.assertEqual(self.sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"], arn + ":1")
        changed = self.sfn.update_state_machine(stateMachineArn=arn, definition=passing(2), publish=True, versionDescription="second")
        self.assertEqual(changed["stateMachineVersionArn"], arn + ":2")
        self.assertEqual(self.numbers(arn), [2, 1])
        version = self.sfn.describe_state_machine(stateMachineArn=arn + ":2")
        self.assertEqual((version["revisionId"], version["description"], version["definition"]), (changed["revisionId"], "second", passing(2)))
        self.assertEqual(self.sfn.describe_state_machine(stateMachineArn=arn + ":1")["definition"], passing(1))

    def test_only_the_current_revision_is_published(self):
        arn = self.create()["stateMachineArn"]
        first = self.sfn.update_state_machine(stateMachineArn=arn, definition=passing(2))["revisionId"]
        second = self.sfn.update_state_machine(stateMachineArn=arn, definition=passing(3))["revisionId"]
        self.refused("ConflictException", f"Failed to publish the State Machine version for revision {first}. The current State Machine revision is {second}.",
                     self.sfn.publish_state_machine_version, stateMachineArn=arn, revisionId=first)
        self.assertEqual(self.sfn.publish_state_machine_version(stateMachineArn=arn, revisionId=second)["stateMachineVersionArn"], arn + ":1")

    def test_numbers_are_not_given_again(self):
        arn = self.create(publish=True)["stateMachineArn"]
        self.sfn.update_state_machine(stateMachineArn=arn, definition=passing(2), publish=True)
        for _ in range(2):
            self.sfn.delete_state_machine_version(stateMachineVersionArn=arn + ":2")
        self.assertEqual(self.sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"], arn + ":3")
        self.assertEqual(self.numbers(arn), [3, 1])
        self.refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}:2'", self.sfn.describe_state_machine, stateMachineArn=arn + ":2")

    def test_a_version_is_no_machine(self):
        arn = self.create(publish=True)["stateMachineArn"]
        for call in (self.sfn.publish_state_machine_version, lambda **members: self.sfn.update_state_machine(definition=passing(2), **members)):
            self.refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}:1'", call, stateMachineArn=arn + ":1")
        self.assertEqual(self.sfn.list_state_machine_versions(stateMachineArn=f"{ACCOUNT}:stateMachine:nothing")["stateMachineVersions"], [])
        self.refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ACCOUNT}:stateMachine:nothing'",
                     self.sfn.publish_state_machine_version, stateMachineArn=f"{ACCOUNT}:stateMachine:nothing")
        self.refused("InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'", self.sfn.publish_state_machine_version, stateMachineArn="nonsense")

    def test_pages(self):
        arn = self.create()["stateMachineArn"]
        for result in range(5):
            self.sfn.update_state_machine(stateMachineArn=arn, definition=passing([result]), publish=True)
        first = self.sfn.list_state_machine_versions(stateMachineArn=arn, maxResults=2)
        self.assertEqual([version["stateMachineVersionArn"] for version in first["stateMachineVersions"]], [arn + ":5", arn + ":4"])
        self.sfn.update_state_machine(stateMachineArn=arn, definition=passing("more"), publish=True)  # what comes meanwhile shifts nothing
        self.sfn.delete_state_machine_version(stateMachineVersionArn=arn + ":4")
        second = self.sfn.list_state_machine_versions(stateMachineArn=arn, maxResults=3, nextToken=first["nextToken"])
        self.assertEqual([version["stateMachineVersionArn"] for version in second["stateMachineVersions"]], [arn + ":3", arn + ":2", arn + ":1"])
        self.assertNotIn("nextToken", second)
        self.refused("InvalidToken", "Invalid Token: 'Invalid token'", self.sfn.list_state_machine_versions, stateMachineArn=arn, nextToken="nonsense")

    def test_starts_by_version(self):
        arn = self.create(publish=True)["stateMachineArn"]
        self.sfn.update_state_machine(stateMachineArn=arn, definition=passing(2))
        plain = self.sfn.start_execution(stateMachineArn=arn)["executionArn"]
        through = self.sfn.start_execution(stateMachineArn=arn + ":1", name="through")["executionArn"]
        self.assertEqual(through, arn.replace(":stateMachine:", ":execution:") + ":through")
        self.assertEqual(self.end_of(plain)["output"], "2")
        ended = self.end_of(through)
        self.assertEqual((ended["output"], ended["stateMachineArn"], ended["stateMachineVersionArn"]), ("1", arn, arn + ":1"))
        listed = self.sfn.list_executions(stateMachineArn=arn)["executions"]
        self.assertEqual([one.get("stateMachineVersionArn") for one in listed], [arn + ":1", None])
        self.assertEqual([one["executionArn"] for one in self.sfn.list_executions(stateMachineArn=arn + ":1")["executions"]], [through])
        self.refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}:7'", self.sfn.start_execution, stateMachineArn=arn + ":7")
        self.refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}:7'", self.sfn.list_executions, stateMachineArn=arn + ":7")
        described = self.sfn.describe_state_machine_for_execution(executionArn=through)
        self.assertEqual((described["stateMachineArn"], described["definition"]), (arn, passing(1)))

    def test_a_new_machine_of_the_name_begins_anew(self):
        made = self.create(publish=True, tags=[{"key": "k", "value": "v"}])
        arn = made["stateMachineArn"]
        self.sfn.create_state_machine_alias(name="prod", routingConfiguration=[{"stateMachineVersionArn": arn + ":1", "weight": 100}])
        self.sfn.delete_state_machine(stateMachineArn=arn)
        self.create()
        self.assertEqual(self.numbers(arn), [])
        self.assertEqual(self.sfn.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"], [])
        self.assertEqual(self.sfn.list_tags_for_resource(resourceArn=arn)["tags"], [])
        self.assertEqual(self.sfn.publish_state_machine_version(stateMachineArn=arn)["stateMachineVersionArn"], arn + ":1")


class Aliases(Case):
    def two_versions(self, **members):
        arn = self.create(publish=True, **members)["stateMachineArn"]
        self.sfn.update_state_machine(stateMachineArn=arn, definition=passing(2), publish=True)
        return arn

    @staticmethod
    def route(*pairs):
        return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in pairs]

    def test_from_creation_to_deletion(self):
        arn = self.two_versions()
        made = self.sfn.create_state_machine_alias(name="prod", description="live", routingConfiguration=self.route((arn + ":1", 100)))
        alias = made["stateMachineAliasArn"]
        self.assertEqual(alias, arn + ":prod")
        again = self.sfn.create_state_machine_alias(name="prod", description="live", routingConfiguration=self.route((arn + ":1", 100)))
        self.assertEqual(again["creationDate"], made["creationDate"])
        found = self.sfn.describe_state_machine_alias(stateMachineAliasArn=alias)
        self.assertEqual((found["name"], found["description"], found["routingConfiguration"]), ("prod", "live", self.route((arn + ":1", 100))))
        self.assertEqual(found["creationDate"], found["updateDate"])
        words = "Failed to create alias because an alias with the same name and a different routing configuration already exists."
        for description, routing in (("other", self.route((arn + ":1", 100))), ("live", self.route((arn + ":2", 100)))):
            self.refused("ConflictException", words, self.sfn.create_state_machine_alias, name="prod", description=description, routingConfiguration=routing)

        self.sfn.update_state_machine_alias(stateMachineAliasArn=alias, description="new")
        self.sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=self.route((arn + ":1", 50), (arn + ":2", 50)))
        found = self.sfn.describe_state_machine_alias(stateMachineAliasArn=alias)
        self.assertEqual((found["description"], found["routingConfiguration"]), ("new", self.route((arn + ":1", 50), (arn + ":2", 50))))
        self.refused("ConflictException", "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [prod]",
                     self.sfn.delete_state_machine_version, stateMachineVersionArn=arn + ":1")
        for _ in range(2):
            self.sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
        self.sfn.delete_state_machine_version(stateMachineVersionArn=arn + ":1")
        words = "Request references a resource that does not exist."
        self.refused("ResourceNotFound", words, self.sfn.update_state_machine_alias, stateMachineAliasArn=alias, description="x")
        self.refused("ResourceNotFound", words, self.sfn.describe_state_machine_alias, stateMachineAliasArn=alias)
        self.refused("ResourceNotFound", words, self.sfn.create_state_machine_alias, name="prod", routingConfiguration=self.route((arn + ":1", 100)))

    def test_lists(self):
        arn = self.two_versions()
        for name, number in (("name-0", 1), ("name-1", 2), ("name-2", 1)):
            self.sfn.create_state_machine_alias(name=name, routingConfiguration=self.route((f"{arn}:{number}", 100)))
        names = lambda **members: [one["stateMachineAliasArn"].rsplit(":", 1)[1] for one in self.sfn.list_state_machine_aliases(**members)["stateMachineAliases"]]  # noqa: E731
        self.assertEqual(names(stateMachineArn=arn), ["name-0", "name-1", "name-2"])
        self.assertEqual(names(stateMachineArn=arn + ":1"), ["name-0", "name-2"])
        first = self.sfn.list_state_machine_aliases(stateMachineArn=arn, maxResults=2)
        self.assertEqual(names(stateMachineArn=arn, nextToken=first["nextToken"]), ["name-2"])
        self.refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{ACCOUNT}:stateMachine:nothing'",
                     self.sfn.list_state_machine_aliases, stateMachineArn=f"{ACCOUNT}:stateMachine:nothing")

    def test_routing_is_checked(self):
        arn = self.two_versions()
        versions = "Routing configuration must contain state machine version ARNs. Received: "
        item = "RoutingConfigurationListItem(stateMachineVersionArn={}, weight={})"
        many = [(arn + ":1", 50), (arn + ":2", 30), (arn + ":3", 20)]
        cases = [
            (self.route((arn, 100)), f"{versions}[{arn}]"),
            (self.route((arn, 50), (arn + ":2", 50)), f"{versions}[{arn}, {arn}:2]"),
            (self.route((arn + ":1", 50), (arn + ":1", 50)), f"Routing configuration must contain distinct state machine version ARNs. Received: [{arn}:1, {arn}:1]"),
            (self.route((arn + ":1", 70), (arn + ":2", 29)), "Sum of routing configuration weights must equal 100. Received: [70, 29]"),
            (self.route((arn + ":1", 70), (arn + ":2", 31)), "Sum of routing configuration weights must equal 100. Received: [70, 31]"),
            (self.route((arn + ":1", 101)),
             "1 validation error detected: Value '101' at 'routingConfiguration.1.member.weight' failed to satisfy constraint: Member must have value less than or equal to 100"),
            (self.route(*many), "1 validation error detected: Value '[" + ", ".join(item.format(*one) for one in many) +
             "]' at 'routingConfiguration' failed to satisfy constraint: Member must have length less than or equal to 2"),
        ]
        for routing, words in cases:
            with self.subTest(words):
                self.refused("ValidationException", words, self.sfn.create_state_machine_alias, name="prod", routingConfiguration=routing)
        self.assertEqual(self.sfn.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"], [])

    def test_names_are_checked(self):
        arn = self.two_versions()
        pattern = r"Member must satisfy regular expression pattern: ^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$"
        for name, rule in (("123", pattern), ("A B", pattern), ("!A", pattern), ("A@", pattern), ("A" * 81, "Member must have length less than or equal to 80")):
            with self.subTest(name):
                self.refused("ValidationException", f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: {rule}",
                             self.sfn.create_state_machine_alias, name=name, routingConfiguration=self.route((arn + ":1", 100)))

    def test_starts_by_alias(self):
        arn = self.two_versions()
        alias = self.sfn.create_state_machine_alias(name="prod", routingConfiguration=self.route((arn + ":1", 100)))["stateMachineAliasArn"]
        execution = self.sfn.start_execution(stateMachineArn=alias)["executionArn"]
        ended = self.end_of(execution)
        self.assertEqual((ended["output"], ended["stateMachineAliasArn"], ended["stateMachineVersionArn"]), ("1", alias, arn + ":1"))
        started = self.sfn.get_execution_history(executionArn=execution)["events"][0]["executionStartedEventDetails"]
        self.assertEqual((started["stateMachineAliasArn"], started["stateMachineVersionArn"]), (alias, arn + ":1"))
        listed = self.sfn.list_executions(stateMachineArn=alias)["executions"]
        self.assertEqual([(one["executionArn"], one["stateMachineAliasArn"]) for one in listed], [(execution, alias)])
        self.sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=self.route((arn + ":1", 50), (arn + ":2", 50)))
        outputs = {self.end_of(self.sfn.start_execution(stateMachineArn=alias)["executionArn"])["output"] for _ in range(40)}
        self.assertEqual(outputs, {"1", "2"})

    def test_a_state_starts_by_alias(self):
        arn = self.two_versions()
        alias = self.sfn.create_state_machine_alias(name="prod", routingConfiguration=self.route((arn + ":1", 100)))["stateMachineAliasArn"]
        state = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "Parameters": {"StateMachineArn": alias}, "End": True}
        caller = self.sfn.create_state_machine(name="caller", definition=json.dumps({"StartAt": "Only", "States": {"Only": state}}), roleArn=ROLE)
        ended = self.end_of(self.sfn.start_execution(stateMachineArn=caller["stateMachineArn"])["executionArn"])
        self.assertEqual((ended["status"], json.loads(ended["output"])["Output"]), ("SUCCEEDED", 1))


class Tags(Case):
    def test_from_creation_on(self):
        arn = self.create(tags=[{"key": "team", "value": "data"}, {"key": "empty", "value": ""}])["stateMachineArn"]
        tags = lambda: self.sfn.list_tags_for_resource(resourceArn=arn)["tags"]  # noqa: E731
        self.assertEqual(tags(), [{"key": "team", "value": "data"}, {"key": "empty", "value": ""}])
        self.create(tags=[{"key": "team", "value": "other"}])
        self.assertEqual(tags()[0], {"key": "team", "value": "data"})
        self.sfn.tag_resource(resourceArn=arn, tags=[{"key": "team", "value": "web"}, {"key": "stage", "value": "prod"}])
        self.assertEqual(tags(), [{"key": "team", "value": "web"}, {"key": "empty", "value": ""}, {"key": "stage", "value": "prod"}])
        self.sfn.untag_resource(resourceArn=arn, tagKeys=["team", "empty", "nothing"])
        self.assertEqual(tags(), [{"key": "stage", "value": "prod"}])
        self.sfn.untag_resource(resourceArn=arn, tagKeys=["stage"])
        self.assertEqual(tags(), [])

    def test_of_an_activity(self):
        arn = self.sfn.create_activity(name="tagged", tags=[{"key": "team", "value": "data"}])["activityArn"]
        tags = lambda: self.sfn.list_tags_for_resource(resourceArn=arn)["tags"]  # noqa: E731
        self.assertEqual(tags(), [{"key": "team", "value": "data"}])
        self.sfn.create_activity(name="tagged", tags=[{"key": "team", "value": "other"}])
        self.sfn.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "prod"}])
        self.assertEqual(tags(), [{"key": "team", "value": "data"}, {"key": "stage", "value": "prod"}])
        self.sfn.untag_resource(resourceArn=arn, tagKeys=["team", "stage"])
        self.assertEqual(tags(), [])
        self.sfn.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "prod"}])
        self.sfn.delete_activity(activityArn=arn)
        self.refused("ResourceNotFound", f"Resource not found: '{arn}'", self.sfn.list_tags_for_resource, resourceArn=arn)
        self.sfn.create_activity(name="tagged")
        self.assertEqual(tags(), [])

    def test_what_has_none(self):
        arn = self.create(publish=True)["stateMachineArn"]
        for other in (arn + ":1", f"{ACCOUNT}:stateMachine:nothing"):
            words = f"Resource not found: '{other}'"
            refused = self.refused("ResourceNotFound", words, self.sfn.tag_resource, resourceArn=other, tags=[{"key": "k", "value": "v"}])
            self.assertEqual(refused["resourceName"], other)
            self.refused("ResourceNotFound", words, self.sfn.untag_resource, resourceArn=other, tagKeys=["k"])
            self.refused("ResourceNotFound", words, self.sfn.list_tags_for_resource, resourceArn=other)

    def test_form(self):
        arn = self.create()["stateMachineArn"]
        many = [{"key": str(number), "value": ""} for number in range(51)]
        with self.assertRaises(self.sfn.exceptions.TooManyTags):
            self.sfn.tag_resource(resourceArn=arn, tags=many)
        self.refused("ValidationException", "1 validation error detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: "
                     "Member must have length greater than or equal to 1", self.unchecked.tag_resource, resourceArn=arn, tags=[{"key": "", "value": ""}])
        self.refused("ValidationException", "Tag keys starting with 'aws:' are reserved for system use: aws:k",
                     self.sfn.tag_resource, resourceArn=arn, tags=[{"key": "aws:k", "value": ""}])
        with self.assertRaises(self.sfn.exceptions.TooManyTags):
            self.sfn.create_state_machine(name="tagged", definition=passing(1), roleArn=ROLE, tags=many)
        self.assertEqual(self.sfn.list_tags_for_resource(resourceArn=arn)["tags"], [])


class Configurations(Case):
    GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:flows:*"
    KEY = "arn:aws:kms:us-east-1:123456789012:key/1"

    def described(self, arn):
        found = self.sfn.describe_state_machine(stateMachineArn=arn)
        return found["loggingConfiguration"], found["tracingConfiguration"], found["encryptionConfiguration"]

    def destination(self, *arns):
        return [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}} for arn in arns]

    def test_defaults(self):
        off, plain, owned = {"level": "OFF", "includeExecutionData": False}, {"enabled": False}, {"type": "AWS_OWNED_KEY"}
        for number, (asked, logging) in enumerate(((None, off), ({}, off), ({"destinations": []}, {**off, "destinations": []}))):
            members = {} if asked is None else {"loggingConfiguration": asked}
            made = self.sfn.create_state_machine(name=f"defaults-{number}", definition=passing(1), roleArn=ROLE, **members)
            self.assertEqual(self.described(made["stateMachineArn"]), (logging, plain, owned))
            self.assertEqual(self.sfn.create_state_machine(name=f"defaults-{number}", definition=passing(1), roleArn=ROLE, **members)["creationDate"], made["creationDate"])

    def test_they_are_kept_and_changed_one_by_one(self):
        logging = {"level": "ALL", "includeExecutionData": True, "destinations": self.destination(self.GROUP)}
        key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": self.KEY}
        arn = self.create(loggingConfiguration=logging, tracingConfiguration={"enabled": True}, encryptionConfiguration=key)["stateMachineArn"]
        kept = {**key, "kmsDataKeyReusePeriodSeconds": 300}
        self.assertEqual(self.described(arn), (logging, {"enabled": True}, kept))
        revision = self.sfn.update_state_machine(stateMachineArn=arn, loggingConfiguration={"level": "OFF"})["revisionId"]
        off = {"level": "OFF", "includeExecutionData": False}
        self.assertEqual(self.described(arn), (off, {"enabled": True}, kept))
        self.assertEqual(self.sfn.update_state_machine(stateMachineArn=arn, loggingConfiguration={})["revisionId"], revision)
        self.assertNotEqual(self.sfn.update_state_machine(stateMachineArn=arn, encryptionConfiguration={"type": "AWS_OWNED_KEY"})["revisionId"], revision)
        self.sfn.update_state_machine(stateMachineArn=arn, tracingConfiguration={"enabled": False})
        self.assertEqual(self.described(arn), (off, {"enabled": False}, {"type": "AWS_OWNED_KEY"}))

    def test_what_is_refused(self):
        one = "Invalid Logging Configuration: Must specify exactly one Log Destination."
        for logging, words in (({"level": "ALL"}, one), ({"level": "ERROR", "destinations": []}, one),
                               ({"level": "ALL", "destinations": self.destination(self.GROUP, self.GROUP)}, one),
                               ({"level": "ALL", "destinations": self.destination("nonsense")}, "Invalid Logging Configuration: Log Destination not found.")):
            with self.subTest(words):
                self.refused("InvalidLoggingConfiguration", words, self.create, loggingConfiguration=logging)
        self.refused("ValidationException", "1 validation error detected: Value 'BAD' at 'loggingConfiguration.level' failed to satisfy constraint: "
                     "Member must satisfy enum value set: [ALL, ERROR, FATAL, OFF]", self.create, loggingConfiguration={"level": "BAD"})
        with self.assertRaises(self.sfn.exceptions.InvalidEncryptionConfiguration):
            self.create(encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY"})
        arn = self.create()["stateMachineArn"]
        self.refused("MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
                     self.sfn.update_state_machine, stateMachineArn=arn)


class Express(Case):
    def start(self, definition, **members):
        arn = self.create(definition, type="EXPRESS", publish=True)["stateMachineArn"]
        return arn, self.sfn.start_sync_execution(stateMachineArn=arn, **members)

    def test_the_answer_has_the_output(self):
        arn, done = self.start(passing({"a": 1}), name="mine", input='{"b": 2}', traceHeader="Root=1")
        self.assertRegex(done["executionArn"], "^" + arn.replace(":stateMachine:", ":express:") + ":mine:[0-9a-f-]{36}$")
        self.assertEqual((done["stateMachineArn"], done["name"], done["status"], done["traceHeader"]), (arn, "mine", "SUCCEEDED", "Root=1"))
        self.assertEqual((json.loads(done["output"]), done["outputDetails"], done["input"], done["inputDetails"]),
                         ({"a": 1}, {"included": True}, '{"b": 2}', {"included": True}))
        self.assertEqual(done["billingDetails"]["billedMemoryUsedInMB"], 64)
        self.assertEqual(done["billingDetails"]["billedDurationInMilliseconds"] % 100, 0)
        self.assertGreaterEqual(done["billingDetails"]["billedDurationInMilliseconds"], 100)
        self.assertGreaterEqual(done["stopDate"], done["startDate"])
        again = self.sfn.start_sync_execution(stateMachineArn=arn, name="mine", input='{"b": 2}')
        self.assertNotEqual(again["executionArn"], done["executionArn"])
        through = self.sfn.start_sync_execution(stateMachineArn=arn + ":1", includedData="METADATA_ONLY")
        self.assertEqual((through["status"], through["inputDetails"]), ("SUCCEEDED", {"included": False}))
        self.assertFalse({"input", "output"} & set(through))

    def test_a_failure_is_an_answer(self):
        _, done = self.start(failing())
        self.assertEqual((done["status"], done["error"], done["cause"], done["outputDetails"]), ("FAILED", "Broken", "On purpose.", {"included": True}))
        self.assertNotIn("output", done)
        late = {"StartAt": "Only", "TimeoutSeconds": 1, "States": {"Only": {"Type": "Wait", "Seconds": 3600, "End": True}}}
        made = self.sfn.create_state_machine(name="late", definition=json.dumps(late), roleArn=ROLE, type="EXPRESS")
        done = self.sfn.start_sync_execution(stateMachineArn=made["stateMachineArn"])
        self.assertEqual((done["status"], done["error"]), ("TIMED_OUT", "States.Timeout"))

    def test_what_is_refused(self):
        arn, done = self.start(passing(1))
        standard = self.sfn.create_state_machine(name="standard", definition=passing(1), roleArn=ROLE)["stateMachineArn"]
        words = "This operation is not supported by this type of state machine"
        self.refused("StateMachineTypeNotSupported", words, self.sfn.start_sync_execution, stateMachineArn=standard)
        self.refused("StateMachineTypeNotSupported", words, self.sfn.list_executions, stateMachineArn=arn)
        for call in (self.sfn.describe_execution, self.sfn.stop_execution, self.sfn.get_execution_history, self.sfn.describe_state_machine_for_execution):
            self.refused("InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'", call, executionArn=done["executionArn"])
        missing = f"{ACCOUNT}:stateMachine:nothing"
        self.refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{missing}'", self.sfn.start_sync_execution, stateMachineArn=missing)
        self.refused("InvalidExecutionInput", "Invalid State Machine Execution Input: 'Unrecognized token 'no': was expecting "
                     "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')'", self.sfn.start_sync_execution, stateMachineArn=arn, input="no")
        self.refused("InvalidName", "Invalid Name: 'a b'", self.sfn.start_sync_execution, stateMachineArn=arn, name="a b")
        with self.assertRaises(ClientError) as caught:
            self.sfn.start_sync_execution(stateMachineArn=arn, input=json.dumps("x" * 262_144))
        self.assertIn("at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144", str(caught.exception))


class Descriptions(Case):
    def test_variables_are_told(self):
        states = {"A": {"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "B"},
                  "B": {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($y, $x)"}, "End": True}}
        arn = self.create(json.dumps({"StartAt": "A", "States": states}))["stateMachineArn"]
        self.assertEqual(self.sfn.describe_state_machine(stateMachineArn=arn)["variableReferences"], {"B": ["x", "y"]})
        execution = self.sfn.start_execution(stateMachineArn=arn)["executionArn"]
        self.assertEqual(self.sfn.describe_state_machine_for_execution(executionArn=execution)["variableReferences"], {"B": ["x", "y"]})
        bare = self.sfn.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY")
        self.assertEqual((bare["definition"], "variableReferences" in bare), ("{}", False))
        plain = self.sfn.create_state_machine(name="plain", definition=passing(1), roleArn=ROLE)["stateMachineArn"]
        self.assertNotIn("variableReferences", self.sfn.describe_state_machine(stateMachineArn=plain))


class Deletion(Case):
    def test_what_runs_is_still_there(self):
        arn = self.create(waiting())["stateMachineArn"]
        execution = self.sfn.start_execution(stateMachineArn=arn)["executionArn"]
        for _ in range(2):
            self.sfn.delete_state_machine(stateMachineArn=arn)
        words = f"State Machine Does Not Exist: '{arn}'"
        self.refused("StateMachineDoesNotExist", words, self.sfn.describe_state_machine, stateMachineArn=arn)
        self.refused("StateMachineDoesNotExist", words, self.sfn.start_execution, stateMachineArn=arn)
        self.assertEqual(self.sfn.describe_execution(executionArn=execution)["status"], "RUNNING")
        self.assertEqual(self.sfn.describe_state_machine_for_execution(executionArn=execution)["definition"], waiting())
        self.sfn.stop_execution(executionArn=execution, error="Enough")
        ended = self.end_of(execution)
        self.assertEqual((ended["status"], ended["error"], ended["redriveStatusReason"]), ("ABORTED", "Enough", "State machine is in DELETING status."))


class Terraform(Case):
    """The calls that its provider makes for aws_sfn_state_machine and aws_sfn_alias."""

    def read(self, arn):
        found = self.sfn.describe_state_machine(stateMachineArn=arn)
        versions = self.sfn.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
        return found, versions, self.sfn.list_tags_for_resource(resourceArn=arn)["tags"]

    def test_apply_change_destroy(self):
        self.assertEqual(self.sfn.validate_state_machine_definition(definition=passing(1), type="STANDARD")["result"], "OK")
        arn = self.create(publish=True, tags=[{"key": "team", "value": "data"}], loggingConfiguration={"includeExecutionData": False, "level": "OFF"},
                          tracingConfiguration={"enabled": False}, type="STANDARD")["stateMachineArn"]
        found, versions, tags = self.read(arn)
        self.assertEqual((found["status"], [version["stateMachineVersionArn"] for version in versions], tags),
                         ("ACTIVE", [arn + ":1"], [{"key": "team", "value": "data"}]))
        alias = self.sfn.create_state_machine_alias(name="live", description="", routingConfiguration=[{"stateMachineVersionArn": arn + ":1", "weight": 100}])
        alias = alias["stateMachineAliasArn"]
        self.sfn.describe_state_machine_alias(stateMachineAliasArn=alias)

        self.sfn.update_state_machine(stateMachineArn=arn, definition=passing(2), roleArn=OTHER_ROLE, publish=True,
                                      loggingConfiguration={"includeExecutionData": False, "level": "OFF"}, tracingConfiguration={"enabled": False})
        self.sfn.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "prod"}])
        self.sfn.untag_resource(resourceArn=arn, tagKeys=["team"])
        found, versions, tags = self.read(arn)
        self.assertEqual((found["roleArn"], found["definition"], versions[0]["stateMachineVersionArn"], tags),
                         (OTHER_ROLE, passing(2), arn + ":2", [{"key": "stage", "value": "prod"}]))
        self.sfn.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=[{"stateMachineVersionArn": arn + ":2", "weight": 100}])

        self.sfn.delete_state_machine_alias(stateMachineAliasArn=alias)
        self.sfn.delete_state_machine(stateMachineArn=arn)
        self.refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'", self.sfn.describe_state_machine, stateMachineArn=arn)

    def test_all_of_it_outlives_a_kill(self):
        arn = self.create(publish=True, versionDescription="one", tags=[{"key": "k", "value": "v"}])["stateMachineArn"]
        self.sfn.create_state_machine_alias(name="live", routingConfiguration=[{"stateMachineVersionArn": arn + ":1", "weight": 100}])
        self.daemon.kill()
        self.daemon.start()
        sfn = self.client()
        self.assertEqual(sfn.describe_state_machine(stateMachineArn=arn + ":1")["description"], "one")
        self.assertEqual(len(sfn.list_state_machine_aliases(stateMachineArn=arn + ":1")["stateMachineAliases"]), 1)
        self.assertEqual(sfn.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "k", "value": "v"}])
        type(self).sfn = sfn


if __name__ == "__main__":
    if botocore.__version__ != "1.43.11":
        sys.exit(f"expected botocore 1.43.11, but this Python has {botocore.__version__}")
    suite.main(sys.modules[__name__])
