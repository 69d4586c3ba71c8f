"""Which service and operation an integration means, and what Step Functions calls it in errors.

Two kinds: optimised ones (`sqs:sendMessage`) speak as the first Java SDK does, generic ones
(`aws-sdk:sqs:sendMessage`) as the second.
"""
import re
import sys

sys.path.pop(0)  # the folder of this text, which is none

try:
    import botocore
    import botocore.config
    import botocore.exceptions
    import botocore.session
except ImportError:
    botocore = None


class Refused(Exception):
    """The end of a call, with the error's name and its cause."""

    def __init__(self, error, cause):
        super().__init__(cause)
        self.error, self.cause = error, cause


# By the name in the ARN: botocore's, the one before an error, and what the SDK calls itself.
OPTIMISED = {
    "athena": ("athena", "Athena", "AmazonAthena"),
    "batch": ("batch", "Batch", "AWSBatch"),
    "bedrock": ("bedrock", "Bedrock", "AmazonBedrock"),
    "codebuild": ("codebuild", "CodeBuild", "AWSCodeBuild"),
    "databrew": ("databrew", "DataBrew", "AWSGlueDataBrew"),
    "dynamodb": ("dynamodb", "DynamoDB", "AmazonDynamoDBv2"),
    "ecs": ("ecs", "ECS", "AmazonECS"),
    "elasticmapreduce": ("emr", "ElasticMapReduce", "AmazonElasticMapReduce"),
    "emr-containers": ("emr-containers", "EMRContainers", "AmazonEMRContainers"),
    "emr-serverless": ("emr-serverless", "EMRServerless", "AWSEMRServerless"),
    "events": ("events", "EventBridge", "AmazonEventBridge"),
    "glue": ("glue", "Glue", "AWSGlue"),
    "lambda": ("lambda", "Lambda", "AWSLambda"),
    "mediaconvert": ("mediaconvert", "MediaConvert", "AWSMediaConvert"),
    "sagemaker": ("sagemaker", "SageMaker", "AmazonSageMaker"),
    "sns": ("sns", "SNS", "AmazonSNS"),
    "sqs": ("sqs", "SQS", "AmazonSQS"),
}
# Names of aws-sdk integrations that are not botocore's without their hyphens.
RENAMED = {
    "applicationdiscovery": "discovery", "cloudwatchevents": "events", "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp", "costandusagereport": "cur", "costexplorer": "ce",
    "databasemigration": "dms", "directory": "ds", "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2", "elasticsearch": "es",
    "eventbridge": "events", "iotdataplane": "iot-data", "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models", "lexmodelsv2": "lexv2-models", "lexruntimev2": "lexv2-runtime",
    "marketplacemetering": "meteringmarketplace", "migrationhub": "mgh", "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo", "sfn": "stepfunctions", "simpledb": "sdb",
}
# Actions of Elastic MapReduce that have another name there.
EMR_ACTIONS = {"createCluster": "RunJobFlow", "addStep": "AddJobFlowSteps", "cancelStep": "CancelSteps",
               "terminateCluster": "TerminateJobFlows", "setClusterTerminationProtection": "SetTerminationProtection"}


def sdk_class(service_id):
    """"DynamoDB": "DynamoDb", "SQS": "Sqs", "CloudWatch Logs": "CloudWatchLogs"."""
    spaced = re.sub(r"([a-z0-9])([A-Z]{2,})", r"\1 \2", service_id.replace("IoT", "Iot"))
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", re.sub(r"([a-z])([A-Z])", r"\1 \2", spaced))
    return "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", spaced))


def botocore_name(session, sdk_name):
    known = {name.replace("-", ""): name for name in session.get_available_services()}
    found = RENAMED.get(sdk_name) or known.get(sdk_name) or known.get(sdk_name.replace("-", ""))
    if found is None:
        raise Refused("Stepwell.ServiceUnknown", "botocore %s knows no service '%s'; a newer one may" % (botocore.__version__, sdk_name))
    return found


def operation_name(model, action):
    for name in model.operation_names:
        if name.lower() == action.lower():
            return name
    raise Refused("Stepwell.ServiceUnknown", "botocore %s knows no action '%s' of %s; a newer one may" % (
        botocore.__version__, action, model.service_name))


class Integration:
    """A service as an integration sees it; with a client of its own."""

    def __init__(self, connections, service):
        self.is_sdk = service.startswith("aws-sdk:")
        self.connections = connections
        if self.is_sdk:
            self.boto_name = botocore_name(connections.session, service[len("aws-sdk:"):])
            self.model = connections.session.get_service_model(self.boto_name)
            self.prefix = self.sdk_name = sdk_class(self.model.service_id)
        elif service in OPTIMISED:
            self.boto_name, self.prefix, self.sdk_name = OPTIMISED[service]
            self.model = connections.session.get_service_model(self.boto_name)
        else:
            raise Refused("Stepwell.ServiceUnknown", "'%s' cannot be sent to AWS from here; bind it to a task" % service)

    def operation(self, action):
        if self.boto_name == "bedrock" and action == "invokeModel":
            self.boto_name, self.model = "bedrock-runtime", self.connections.session.get_service_model("bedrock-runtime")
        named = EMR_ACTIONS.get(action, action) if self.boto_name == "emr" and not self.is_sdk else action
        return self.model.operation_model(operation_name(self.model, named))

    def exception_name(self, told):
        """The class that the SDK makes of an error; of one that the model does not have, the service's own."""
        # A service that has changed its protocol says the old code and the new one.
        codes = [told.get("Code", ""), told.get("QueryErrorCode", "").split("#")[-1]]
        shape = next(filter(None, map(self.model.shape_for_error_code, codes)), None)
        if shape is None:
            base = self.sdk_name[:-2] if self.sdk_name.endswith("v2") and not self.is_sdk else self.sdk_name
            return base + "Exception"
        name = shape.name[:-len("Fault")] if shape.name.endswith("Fault") else shape.name
        return name[0].upper() + name[1:] + ("" if name.endswith("Exception") else "Exception")

    def refusal(self, error):
        """What an answer with an error becomes."""
        told, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        code, message = told.get("Code", "Unknown"), told.get("Message", "")
        status, request = meta.get("HTTPStatusCode", 0), meta.get("RequestId", "")
        if self.is_sdk:
            further = ", Extended Request ID: %s" % meta["HostId"] if meta.get("HostId") else ""
            cause = "%s (Service: %s, Status Code: %s, Request ID: %s%s) (SDK Attempt Count: %d)" % (
                message, self.prefix, status, request, further, meta.get("RetryAttempts", 0) + 1)
        else:
            cause = "%s (Service: %s; Status Code: %s; Error Code: %s; Request ID: %s; Proxy: null)" % (
                message, self.sdk_name, status, code, request)
        return Refused("%s.%s" % (self.prefix, self.exception_name(told)), cause)

    def unreachable(self, cause):
        """What no answer at all becomes."""
        return Refused(self.prefix + ".SdkClientException", cause)
