#!/usr/bin/env python3
"""Integrations that go to AWS: moto stands for it, and a small server for what moto does not do.

To be run by a Python that has moto, boto3 and pandas: build/third_party/moto/bin/python has them. The daemon calls by --python, the
machine's with Debian's botocore. The program is STEPWELL_BIN, else --stepwell. Ends with "N passed, M failed".
"""
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

import boto3

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import Daemon, wait_until  # noqa: E402
from fake_aws import FakeAws  # noqa: E402
import suite  # noqa: E402

PROGRAM = None
SEEDS = os.path.join(ROOT, "..", "shared", "seeds", "extracted")
PYTHON = os.environ.get("STEPWELL_BOTOCORE_PYTHON", "/usr/bin/python3")
ROLE = "arn:aws:iam::123456789012:role/r"
REGION = "eu-central-1"
KEY_ID, SECRET = "AKIDEXAMPLE000000001", "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"
CALLED = "arn:aws:states:::"


def task(integration, parameters, **more):
    return {"Type": "Task", "Resource": CALLED + integration, "Parameters": parameters, "End": True, **more}


def machine(integration, parameters, **more):
    states = {"Do": task(integration, parameters, **more)}
    if "Catch" in more:
        states["Caught"] = {"Type": "Pass", "End": True}
    return {"StartAt": "Do", "States": states}


def caught(*errors):
    return {"Catch": [{"ErrorEquals": list(errors), "Next": "Caught"}]}


class FakeGlue:
    """Glue as far as a job run goes: what a test says of its state, and what was asked. And an API behind a gateway."""

    def __init__(self):
        self.state, self.asked, self.signed_by = "RUNNING", [], set()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.signed_by.add(self.headers["Authorization"].split("Credential=")[1].split("/")[0])
                self.reply(200, fake.answer(self.headers["X-Amz-Target"].split(".")[1], body), "application/x-amz-json-1.1")

            def do_GET(self):
                is_signed = "Authorization" in self.headers
                self.reply(418 if "teapot" in self.path else 200, {"path": self.path, "host": self.headers["Host"], "is_signed": is_signed}, "application/json")

            def reply(self, status, answer, content_type):
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(text)))
                self.send_header("x-amzn-RequestId", "r-1")
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, action, body):
        self.asked.append((action, body))
        if action == "StartJobRun":
            return {"JobRunId": "jr_%d" % self.count("StartJobRun")}
        if action == "BatchStopJobRun":
            self.state = "STOPPED"
            return {"SuccessfulSubmissions": [], "Errors": []}
        return {"JobRun": {"Id": body["RunId"], "JobName": body["JobName"], "JobRunState": self.state, "StartedOn": 1700000000.5}}

    def count(self, action):
        return sum(name == action for name, _ in self.asked)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Case(unittest.TestCase):
    aws = "{endpoint: %(moto)s, region: %(region)s, access_key_id: %(key)s, secret_access_key: '${secret:aws}', python: %(python)s, " \
          "poll_interval: 200ms, endpoints: {glue: %(glue)s, apigateway: %(glue)s}, remote: [sns]}"

    @classmethod
    def setUpClass(cls):
        cls.endpoint = cls.enterClassContext(FakeAws()).endpoint

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-aws-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.glue = FakeGlue()
        self.addCleanup(self.glue.close)
        self.control("reset", {})
        config = os.path.join(self.folder, "stepwell.yaml")
        with open(config, "w") as file:
            file.write("region: us-east-1\nsecrets:\n  aws: {env: AWS_SECRET}\n")
            if self.aws:
                file.write("aws: " + self.aws % {"moto": self.endpoint, "region": REGION, "key": KEY_ID, "glue": self.glue.url, "python": PYTHON} + "\n")
        self.daemon = Daemon(PROGRAM, os.path.join(self.folder, "data"), "--config", config, *self.options(), environment={"AWS_SECRET": SECRET})
        self.addCleanup(lambda: self.daemon.process and self.daemon.process.poll() is None and self.daemon.kill())
        self.daemon.start()

    def options(self):
        """Of the daemon, for a suite of its own."""
        return []

    def control(self, what, document):
        request = urllib.request.Request(f"{self.endpoint}/moto-api/{what}", json.dumps(document).encode(), {"Content-Type": "application/json"}, method="POST")
        urllib.request.urlopen(request, timeout=30).read()

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t")

    def begin(self, definition, given=None):
        name = "m%d" % len(self.daemon.call("ListStateMachines")["stateMachines"])
        arn = self.daemon.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
        return self.daemon.call("StartExecution", stateMachineArn=arn, input=json.dumps(given or {}))["executionArn"]

    def do(self, definition, given=None):
        """The output of a run, which has to succeed."""
        end = self.daemon.ended(self.begin(definition, given))
        self.assertEqual(end["status"], "SUCCEEDED", end)
        return json.loads(end["output"])

    def types(self, run):
        return [event["type"] for event in self.daemon.history(run)]

    def wait_for(self, run, kind):
        return wait_until(lambda: kind in self.types(run), 60, kind)


class Requests(Case):
    """One call, and what comes of it."""

    def test_a_message_to_a_queue_is_json_where_it_is_an_object(self):
        url = self.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        sent = self.do(machine("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"n.$": "$.n"}}), {"n": 1})
        got = self.client("sqs").receive_message(QueueUrl=url)["Messages"][0]
        self.assertEqual(json.loads(got["Body"]), {"n": 1})
        self.assertEqual(sent["MessageId"], got["MessageId"])
        self.assertEqual(sent["SdkHttpMetadata"]["HttpStatusCode"], 200)
        self.assertIn("RequestId", sent["SdkResponseMetadata"])
        self.assertIsInstance(sent["SdkHttpMetadata"]["AllHttpHeaders"]["Content-Type"], list)

    def test_a_queue_of_amazonaws_is_asked_for_at_the_endpoint(self):
        url = self.client("sqs").create_queue(QueueName="q")["QueueUrl"]
        self.do(machine("sqs:sendMessage", {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/123456789012/q", "MessageBody": "x"}))
        self.assertEqual(self.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"], "x")

    def test_errors_have_the_names_of_either_sdk(self):
        self.client("dynamodb").create_table(
            TableName="orders", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")
        put = {"TableName": "orders", "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(id)"}
        self.assertNotIn("Error", self.do(machine("dynamodb:putItem", put)))
        failed = self.do(machine("dynamodb:putItem", put, **caught("DynamoDB.ConditionalCheckFailedException")))
        self.assertRegex(failed["Cause"], r"^The conditional request failed \(Service: AmazonDynamoDBv2; Status Code: 400; "
                                          r"Error Code: ConditionalCheckFailedException; Request ID: \w+; Proxy: null\)$")
        failed = self.do(machine("aws-sdk:dynamodb:putItem", put, **caught("DynamoDb.ConditionalCheckFailedException")))
        self.assertRegex(failed["Cause"], r"^The conditional request failed \(Service: DynamoDb, Status Code: 400, Request ID: \w+\) \(SDK Attempt Count: 1\)$")
        got = self.do(machine("dynamodb:getItem", {"TableName": "orders", "Key": {"id": {"S": "1"}}}))
        self.assertEqual(got["Item"], {"id": {"S": "1"}})
        queue = {"QueueUrl": self.endpoint + "/123456789012/none", "MessageBody": "x"}
        self.do(machine("sqs:sendMessage", queue, **caught("SQS.QueueDoesNotExistException")))
        self.do(machine("aws-sdk:sqs:sendMessage", queue, **caught("Sqs.QueueDoesNotExistException")))
        failed = self.do(machine("sqs:sendMessage", {"QueueUrl": "http://no-such-queue", "MessageBody": "x"}, **caught("SQS.SdkClientException")))
        self.assertEqual(failed["Cause"], "Unable to execute HTTP request: no-such-queue: Name or service not known")

    def test_objects_come_and_go_as_texts(self):
        self.client("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.do(machine("aws-sdk:s3:putObject", {"Bucket": "bucket", "Key": "a/b.json", "Body": {"x": [1, 2.5]}}))
        self.client("s3").put_object(Bucket="bucket", Key="bytes", Body=b"\xff\x00")
        got = self.do(machine("aws-sdk:s3:getObject", {"Bucket": "bucket", "Key": "a/b.json"}))
        self.assertEqual(json.loads(got["Body"]), {"x": [1, 2.5]})
        self.assertRegex(got["LastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertNotIn("SdkHttpMetadata", got)
        self.assertEqual(self.do(machine("aws-sdk:s3:getObject", {"Bucket": "bucket", "Key": "bytes"}))["Body"], "/wA=")
        self.do(machine("aws-sdk:s3:getObject", {"Bucket": "bucket", "Key": "none"}, **caught("S3.NoSuchKeyException")))
        self.do(machine("aws-sdk:s3:listObjectsV2", {"Bucket": "none"}, **caught("S3.NoSuchBucketException")))

    def test_an_event_says_which_execution_it_comes_from(self):
        sqs, events = self.client("sqs"), self.client("events")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="all", EventPattern=json.dumps({"source": ["shop"]}))
        events.put_targets(Rule="all", Targets=[{"Id": "q", "Arn": arn}])
        run = self.begin(machine("events:putEvents", {"Entries": [{"Source": "shop", "DetailType": "order", "Detail": {"n": 1}}]}))
        self.assertEqual(self.daemon.ended(run)["status"], "SUCCEEDED")
        event = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
        self.assertEqual(event["detail"], {"n": 1})
        self.assertIn(run, event["resources"])

    def test_a_topic_is_on_aws_where_the_configuration_says_so(self):
        sns, sqs = self.client("sns"), self.client("sqs")
        topic = sns.create_topic(Name="t")["TopicArn"]
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:%s:123456789012:q" % REGION)
        self.do(machine("sns:publish", {"TopicArn": topic, "Message": {"n": 1}, "Subject": "s"}))
        self.assertEqual(json.loads(json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])["Message"]), {"n": 1})
        self.do(machine("sns:publish", {"TopicArn": topic + "x", "Message": "x"}, **caught("SNS.NotFoundException")))

    def test_a_gateway_is_asked_by_http(self):
        asked = {"ApiEndpoint": "a1.execute-api.eu-central-1.amazonaws.com", "Method": "GET", "Stage": "prod", "Path": "orders", "QueryParameters": {"n": ["1", "2"]}}
        got = self.do(machine("apigateway:invoke", asked))
        self.assertEqual((got["StatusCode"], got["StatusText"], got["Headers"]["Content-Type"]), (200, "OK", ["application/json"]))
        self.assertEqual(got["ResponseBody"], {"path": "/prod/orders?n=1&n=2", "host": asked["ApiEndpoint"], "is_signed": False})
        self.assertTrue(self.do(machine("apigateway:invoke", {**asked, "AuthType": "IAM_ROLE"}))["ResponseBody"]["is_signed"])
        failed = self.do(machine("apigateway:invoke", {**asked, "Path": "teapot"}, **caught("ApiGateway.418")))
        self.assertEqual(json.loads(failed["Cause"])["path"], "/prod/teapot?n=1&n=2")

    def test_parameters_that_the_service_does_not_take_end_the_run(self):
        end = self.daemon.ended(self.begin(machine("sqs:sendMessage", {"QueueUrl": "http://q", "MessageBod": "x"}, **caught("States.ALL"))))
        self.assertEqual(end["error"], "States.Runtime")
        self.assertEqual(end["cause"], "The Parameters '{\"QueueUrl\":\"http://q\",\"MessageBod\":\"x\"}' could not be used to start the Task: "
                                       "[The field 'MessageBod' is not supported by Step Functions]")

    def test_what_cannot_be_sent_says_so(self):
        failed = self.do(machine("eks:listClusters", {}, **caught("States.TaskFailed")))
        self.assertEqual(failed["Error"], "Stepwell.ServiceUnknown")

    def test_the_secret_is_nowhere(self):
        self.glue.state = "SUCCEEDED"
        self.do(machine("glue:startJobRun.sync", {"JobName": "j"}))
        self.assertEqual(self.glue.signed_by, {KEY_ID})
        self.assertEqual(self.daemon.stop(), 0)
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.assertNotIn(SECRET.encode(), file.read(), name)


class Jobs(Case):
    """`.sync`."""

    SYNC = ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited",
            "ExecutionSucceeded"]

    def job(self, **more):
        return machine("glue:startJobRun.sync", {"JobName": "j", "Arguments": {"--day": "1"}}, **more)

    def test_a_query_is_waited_for(self):
        self.control("state-manager/set-transition", {"model_name": "athena::execution", "transition": {"progression": "manual", "times": 2}})
        self.client("s3").create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": REGION})
        run = self.begin(machine("athena:startQueryExecution.sync", {
            "QueryString": "select 1", "WorkGroup": "primary", "ResultConfiguration": {"OutputLocation": "s3://results/"}}))
        end = self.daemon.ended(run)
        self.assertEqual(end["status"], "SUCCEEDED", end)
        query = json.loads(end["output"])["QueryExecution"]
        self.assertEqual((query["Query"], query["Status"]["State"]), ("select 1", "SUCCEEDED"))
        self.assertIsInstance(query["Status"]["SubmissionDateTime"], int)
        self.assertEqual(self.types(run), self.SYNC)

    def test_a_killed_daemon_goes_on_with_the_same_job(self):
        run = self.begin(self.job())
        self.wait_for(run, "TaskSubmitted")
        self.daemon.kill()
        self.daemon.start()
        asked = self.glue.count("GetJobRun")
        wait_until(lambda: self.glue.count("GetJobRun") > asked, 60, "a question after the restart")
        self.glue.state = "SUCCEEDED"
        end = self.daemon.ended(run)
        self.assertEqual((end["status"], json.loads(end["output"])["Id"]), ("SUCCEEDED", "jr_1"))
        self.assertEqual(self.glue.count("StartJobRun"), 1)
        self.assertEqual(self.types(run), self.SYNC)

    def test_a_stopped_run_stops_its_job_and_a_stopped_daemon_does_not(self):
        run = self.begin(self.job())
        self.wait_for(run, "TaskSubmitted")
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.glue.count("BatchStopJobRun"), 0)
        self.daemon.call("StopExecution", executionArn=run)
        wait_until(lambda: self.glue.count("BatchStopJobRun"), 60, "the job to be stopped")
        self.assertEqual(self.glue.asked[-1], ("BatchStopJobRun", {"JobName": "j", "JobRunIds": ["jr_1"]}))

    def test_a_job_that_fails_fails_the_task_with_what_is_known_of_it(self):
        self.glue.state = "FAILED"
        failed = self.do(self.job(**caught("States.TaskFailed")))
        self.assertEqual(failed["Error"], "States.TaskFailed")
        self.assertEqual(json.loads(failed["Cause"]), {"Id": "jr_1", "JobName": "j", "JobRunState": "FAILED", "StartedOn": 1700000000500})

    def test_each_retry_is_a_job_of_its_own(self):
        self.glue.state = "FAILED"
        self.do(self.job(Retry=[{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1}], **caught("States.ALL")))
        self.assertEqual(self.glue.count("StartJobRun"), 2)


class Callbacks(Case):
    """`.waitForTaskToken`."""

    def test_a_worker_at_the_queue_answers(self):
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName="work")["QueueUrl"]
        run = self.begin(machine("sqs:sendMessage.waitForTaskToken", {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token", "n": 20}}))
        self.wait_for(run, "TaskSubmitted")
        self.daemon.kill()
        self.daemon.start()
        work = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
        own = boto3.client("stepfunctions", endpoint_url=f"http://127.0.0.1:{self.daemon.port}", region_name=REGION,
                           aws_access_key_id="t", aws_secret_access_key="t")
        own.send_task_success(taskToken=work["token"], output=json.dumps({"twice": work["n"] * 2}))
        self.assertEqual(json.loads(self.daemon.ended(run)["output"]), {"twice": 40})
        self.assertNotIn("Messages", sqs.receive_message(QueueUrl=url))


class Nowhere(Case):
    """Without `aws` in the configuration."""

    aws = ""

    def test_the_error_can_be_caught_and_says_what_to_do(self):
        failed = self.do(machine("sqs:sendMessage", {"QueueUrl": "q", "MessageBody": "x"}, **caught("States.TaskFailed")))
        self.assertEqual(failed["Error"], "Stepwell.AwsNotConfigured")
        self.assertIn("has no local form; bind it to a task", failed["Cause"])
        self.assertIn("an entry 'aws:'", failed["Cause"])


class OwnApi(Case):
    """aws-sdk:sfn is this daemon."""

    aws = ""

    def test_a_run_is_started_with_a_document_and_described(self):
        child = self.daemon.call("CreateStateMachine", name="child", roleArn=ROLE,
                                 definition=json.dumps({"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}))["stateMachineArn"]
        started = self.do(machine("aws-sdk:sfn:startExecution", {"StateMachineArn": child, "Name": "c", "Input": {"n": 1}}))
        self.assertEqual(sorted(started), ["ExecutionArn", "StartDate"])
        self.assertRegex(started["StartDate"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.daemon.ended(started["ExecutionArn"])
        told = self.do(machine("aws-sdk:sfn:describeExecution", {"ExecutionArn": started["ExecutionArn"]}))
        self.assertEqual((told["Status"], told["Input"], told["InputDetails"]), ("SUCCEEDED", '{"n":1}', {"Included": True}))
        failed = self.do(machine("aws-sdk:sfn:startExecution", {"StateMachineArn": child, "Name": "c"}, **caught("Sfn.ExecutionAlreadyExistsException")))
        self.assertRegex(failed["Cause"], r"^Execution Already Exists: '.*:child:c' \(Service: Sfn, Status Code: 400, Request ID: [0-9a-f-]{36}\) "
                                          r"\(SDK Attempt Count: 1\)$")
        activity = self.daemon.call("CreateActivity", name="a")["activityArn"]
        self.do(machine("aws-sdk:sfn:getActivityTask", {"ActivityArn": activity}, **caught("Sfn.UnknownOperationException")))

    def test_a_workflow_answers_another_that_waits(self):
        answer = self.daemon.call("CreateStateMachine", name="answer", roleArn=ROLE, definition=json.dumps(
            machine("aws-sdk:sfn:sendTaskSuccess", {"TaskToken.$": "$.token", "Output": {"n": 2}})))["stateMachineArn"]
        ask = machine("aws-sdk:sfn:startExecution.waitForTaskToken", {"StateMachineArn": answer, "Input": {"token.$": "$$.Task.Token"}})
        run = self.begin(ask)
        self.assertEqual(json.loads(self.daemon.ended(run)["output"]), {"n": 2})


class Moving(Case):
    """`stepwell push` and `stepwell pull`."""

    aws = ""

    def stepwell(self, *arguments, endpoint=None):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_DEFAULT_REGION": REGION}
        endpoint = endpoint or f"http://127.0.0.1:{self.daemon.port}"
        return subprocess.run([PROGRAM, *arguments, "--endpoint", endpoint, "--python", PYTHON], env=environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=120)

    def write(self, name, comment):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(f"Comment: {comment}\nschedules: [{{cron: '0 6 * * *'}}]\nStartAt: S\nStates: {{S: {{Type: Succeed}}}}\n")

    def test_there_and_back(self):
        for endpoint, account in ((None, "123456789012"), (self.endpoint, "123456789012")):
            arn = f"arn:aws:states:{'us-east-1' if endpoint is None else REGION}:{account}:stateMachine:flow"
            self.write("flow.yaml", "one")
            ended = self.stepwell("push", "flow.yaml", endpoint=endpoint)
            self.assertEqual((ended.returncode, ended.stdout), (2, ""))
            self.assertIn("expected --role ARN", ended.stderr)
            ended = self.stepwell("push", "flow.yaml", "--role", ROLE, endpoint=endpoint)
            self.assertEqual((ended.returncode, ended.stdout), (0, f"flow: created, {arn}\n"), ended.stderr)
            self.assertEqual(self.stepwell("push", "flow.yaml", endpoint=endpoint).stdout, f"flow: unchanged, {arn}\n")
            self.write("flow.yaml", "two")
            self.assertEqual(self.stepwell("push", "flow.yaml", endpoint=endpoint).stdout, f"flow: updated, {arn}\n")
            self.assertEqual(self.stepwell("pull", "--into", "here", endpoint=endpoint).stdout, "flow: written, here/flow.asl.json\n")
            path = os.path.join(self.folder, "here", "flow.asl.json")
            with open(path) as file:
                self.assertEqual(json.load(file), {"Comment": "two", "StartAt": "S", "States": {"S": {"Type": "Succeed"}}})
            self.assertEqual(self.stepwell("pull", "--into", "here", endpoint=endpoint).stdout, "flow: unchanged, here/flow.asl.json\n")
            with open(path, "w") as file:
                file.write("{}")
            ended = self.stepwell("pull", "flow", "--into", "here", endpoint=endpoint)
            self.assertEqual(ended.returncode, 2)
            self.assertIn("--force overwrites it", ended.stderr)
            self.assertEqual(self.stepwell("pull", "flow", "--into", "here", "--force", endpoint=endpoint).returncode, 0)
            self.assertIn("did you mean 'flow'?", self.stepwell("pull", "flwo", endpoint=endpoint).stderr)
            shutil.rmtree(os.path.join(self.folder, "here"))

    def test_nobody_there(self):
        ended = self.stepwell("pull", endpoint="http://127.0.0.1:1")
        self.assertEqual(ended.returncode, 3, ended.stderr)
        self.assertIn("Connect to 127.0.0.1:1 failed", ended.stderr)


class SeedFunctions(Case):
    """Two Lambda functions as somebody wrote them for AWS, with pandas and boto3: byte for byte, but for where AWS is."""

    TOPIC = "arn:aws:sns:us-east-1:123456789:data-validation-alerts"  # as they stand
    ORDERS = "order_id,customer_id,order_date,order_amount\n1,7,2026-01-02,9.5\n2,8,2026-01-03,4\n"
    ENTRIES = "transaction_id,customer_id,amount,transaction_date\n1,7,9.5,2026-01-02\n"

    def options(self):
        for name in ("lambda_validate_data", "validate_banking_data"):
            folder = os.path.join(self.folder, "functions", name)
            os.makedirs(folder)
            shutil.copy(os.path.join(SEEDS, name + ".py"), folder)
            with open(os.path.join(folder, "function.yaml"), "w") as file:
                json.dump({"handler": name + ".lambda_handler", "python": sys.executable, "environment": {
                    "AWS_ENDPOINT_URL": self.endpoint, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t"}}, file)
        return ["--functions", os.path.join(self.folder, "functions")]

    def setUp(self):
        super().setUp()
        self.s3 = self.client_of("s3", "123456789012")
        self.s3.create_bucket(Bucket="lake")
        sns, self.sqs = self.client_of("sns", "123456789"), self.client_of("sqs", "123456789")
        self.assertEqual(sns.create_topic(Name="data-validation-alerts")["TopicArn"], self.TOPIC)
        self.alerts = self.sqs.create_queue(QueueName="alerts")["QueueUrl"]
        sns.subscribe(TopicArn=self.TOPIC, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789:alerts")

    def client_of(self, service, account):
        """moto has a world for each account."""
        client = boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="t", aws_secret_access_key="t")
        client.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", account))
        return client

    def validate(self, function, key, text):
        """What the function answers about a file that has come, and where the file is then."""
        self.s3.put_object(Bucket="lake", Key=key, Body=text.encode())
        event = {"Records": [{"s3": {"bucket": {"name": "lake"}, "object": {"key": key}}}]}
        answer = self.do(machine("lambda:invoke", {"FunctionName": function, "Payload": event}))["Payload"]
        keys = [entry["Key"] for entry in self.s3.list_objects_v2(Bucket="lake").get("Contents", [])]
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"][0] in "[{" else answer["body"], keys

    def alert(self):
        messages = self.sqs.receive_message(QueueUrl=self.alerts, MaxNumberOfMessages=1).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    def test_orders(self):
        self.assertEqual(self.validate("lambda_validate_data", "raw/orders.csv", self.ORDERS), (200, "Validation successful", ["validated/orders.csv"]))
        self.assertEqual(self.alert(), [])
        twice = self.ORDERS + "2,,2026-01-04,1\n"
        status, errors, keys = self.validate("lambda_validate_data", "raw/twice.csv", twice)
        self.assertEqual((status, keys), (400, ["errors/twice.csv", "validated/orders.csv"]))
        self.assertEqual(errors, ["Null values found: {'customer_id': 1}", "Found 1 duplicate order_ids"])
        alert, = self.alert()
        self.assertEqual(alert["Subject"], "Data Validation Failed")
        self.assertIn("File: s3://lake/raw/twice.csv", alert["Message"])

    def test_banking_data(self):
        self.assertEqual(self.validate("validate_banking_data", "raw/entries.csv", self.ENTRIES), (200, {"status": "validated"}, ["validated/entries.csv"]))
        status, answer, keys = self.validate("validate_banking_data", "raw/bad.csv", self.ENTRIES + "2,7,-1,never\n")
        self.assertEqual((status, keys), (400, ["errors/bad.csv", "raw/bad.csv", "validated/entries.csv"]))
        self.assertEqual(answer, {"errors": ["Found 1 transactions with non-positive amounts", "Invalid transaction_date format"]})
        self.assertEqual([alert["Subject"] for alert in self.alert()], ["Banking Data Validation Failed"])

    def test_a_file_that_is_not_there_fails_as_on_lambda(self):
        event = {"Records": [{"s3": {"bucket": {"name": "lake"}, "object": {"key": "raw/none.csv"}}}]}
        failed = self.do(machine("lambda:invoke", {"FunctionName": "validate_banking_data", "Payload": event}, **caught("NoSuchKey")))
        self.assertEqual(failed["Error"], "NoSuchKey")
        self.assertIn("The specified key does not exist.", failed["Cause"])


class WithoutBotocore(Case):
    """With a Python that has not got it."""

    @property
    def aws(self):
        program = os.path.join(self.folder, "python")
        with open(program, "w") as file:
            file.write('#!/bin/sh\nexec %s -S "$@"\n' % PYTHON)
        os.chmod(program, 0o755)
        return "{endpoint: %(moto)s, access_key_id: t, secret_access_key: t, python: " + program + "}"

    def test_the_error_can_be_caught_and_says_what_to_install(self):
        failed = self.do(machine("aws-sdk:s3:listBuckets", {}, **caught("States.TaskFailed")))
        self.assertEqual(failed["Error"], "Stepwell.BotocoreMissing")
        self.assertIn("python3-botocore", failed["Cause"])


if __name__ == "__main__":
    suite.main(sys.modules[__name__])
