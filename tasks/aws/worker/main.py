"""Calls AWS for Step Functions' integrations, by botocore's own model of each service.

A call's header says what to do ("call", "look", "stop"), of which integration, and where AWS is; its
body has the parameters. The answer is a result, or an error whose body is the cause.
"""
import socket
import urllib.parse
import uuid


class Connections:
    """Clients by service and endpoint, for one way of signing: another one is another process's."""

    def __init__(self, settings):
        self.settings = settings
        self.session = botocore.session.Session(profile=settings.get("profile"))
        if settings.get("access_key_id"):
            self.session.set_credentials(settings["access_key_id"], settings.get("secret_access_key", ""), settings.get("session_token"))
        self.clients, self.integrations = {}, {}

    def integration(self, service):
        if service not in self.integrations:
            self.integrations[service] = Integration(self, service)
        return self.integrations[service]

    def endpoint_of(self, name, parameters):
        """A queue's URL says where to ask, but where AWS is somewhere else."""
        given = self.settings.get("endpoints", {}).get(name) or self.settings.get("endpoint")
        url = urllib.parse.urlsplit(parameters.get("QueueUrl", "")) if name == "sqs" else None
        is_elsewhere = url and url.scheme in ("http", "https") and url.hostname
        if is_elsewhere and not (given and url.hostname.endswith((".amazonaws.com", ".amazonaws.com.cn"))):
            return "%s://%s" % (url.scheme, url.netloc)
        return given

    def proxies_to(self, endpoint):
        host = urllib.parse.urlsplit(endpoint or "").hostname
        is_direct = host in ["127.0.0.1", "::1", "localhost", *self.settings.get("no_proxy", "").split(",")]
        return None if is_direct else self.settings.get("proxies")

    def client(self, name, parameters):
        endpoint = self.endpoint_of(name, parameters)
        if (name, endpoint) not in self.clients:
            config = botocore.config.Config(
                parameter_validation=False, connect_timeout=10, read_timeout=self.settings["timeout_ms"] / 1000, retries={"mode": "standard", "total_max_attempts": 3},
                proxies=self.proxies_to(endpoint), s3={"addressing_style": "path"} if endpoint else None)
            self.clients[(name, endpoint)] = self.session.create_client(
                name, region_name=self.settings.get("region"), endpoint_url=endpoint, config=config, verify=self.settings.get("ca_file"))
        return self.clients[(name, endpoint)]


def lookup_text(url):
    """Why a host cannot be reached, in the SDK's words."""
    parts = urllib.parse.urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.getaddrinfo(parts.hostname, port)
    except OSError as error:
        return "%s: %s" % (parts.hostname, error.strerror)
    return "Connect to %s:%d failed" % (parts.hostname, port)


def method_of(client, operation):
    return next(name for name, api in client.meta.method_to_api_mapping.items() if api == operation.name)


def ask(connections, integration, operation, parameters, seed=None):
    """The answer of one request, as the integration shows it, and what came with it."""
    try:
        request = to_structure(operation.input_shape, parameters, "Parameters") if operation.input_shape else {}
    except Misfit as misfit:
        raise Refused("States.Runtime", "The Parameters '%s' could not be used to start the Task: [%s]" % (compact(parameters), misfit))
    for name in operation.idempotent_members if seed else ():
        request.setdefault(name, str(uuid.uuid5(uuid.NAMESPACE_URL, seed)))
    try:
        client = connections.client(integration.boto_name, request)
        answer = getattr(client, method_of(client, operation))(**request)
    except botocore.exceptions.ClientError as error:
        raise integration.refusal(error)
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError):
        raise integration.unreachable("Unable to load AWS credentials from any provider in the chain; name them under 'aws' of stepwell.yaml")
    except (botocore.exceptions.EndpointConnectionError, botocore.exceptions.HTTPClientError) as error:
        told = lookup_text(error.kwargs["endpoint_url"]) if "endpoint_url" in error.kwargs else str(error)
        raise integration.unreachable("Unable to execute HTTP request: " + told)
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        raise integration.unreachable(str(error))
    meta = answer.pop("ResponseMetadata", {})
    shape = operation.output_shape
    return (to_answer(shape, answer, integration.is_sdk) if shape else {}), meta


def with_resources(call, parameters):
    """An event says which execution it comes from."""
    own = [call["execution_arn"], call["workflow_arn"]]
    entries = [{**entry, "Resources": list(entry.get("Resources", [])) + own} for entry in parameters.get("Entries", [])]
    return {**parameters, "Entries": entries}


def emr_parameters(action, parameters):
    """Elastic MapReduce takes lists where the integration has one of a thing."""
    one = {"addStep": ("Step", "Steps"), "terminateCluster": ("ClusterId", "JobFlowIds"), "cancelStep": ("StepId", "StepIds")}.get(action)
    rest = dict(parameters)
    if one and one[0] in rest:
        rest[one[1]] = [rest.pop(one[0])]
    if action == "addStep" and "ClusterId" in rest:
        rest["JobFlowId"] = rest.pop("ClusterId")
    return rest


def emr_answer(action, parameters, answer):
    if action == "createCluster":
        answer["ClusterId"] = answer.pop("JobFlowId")
    elif action == "addStep":
        answer["StepId"] = answer.pop("StepIds")[0]
    elif action == "terminateCluster":
        answer["ClusterId"] = parameters["ClusterId"]
    return answer


def lambda_answer(call, answer, meta):
    """The payload is JSON; what a function raises is the task's error."""
    text = answer.pop("Payload", "")
    try:
        payload = json.loads(text) if text else None
    except ValueError:
        payload = text
    if "FunctionError" in answer:
        kind = payload.get("errorType") if isinstance(payload, dict) else None
        raise Refused(kind or "Lambda.Unknown", compact(payload))
    return payload if call["is_function"] else {**answer, "Payload": payload}


def adapted(call, parameters):
    if call["service"] == "events":
        return with_resources(call, parameters)
    return emr_parameters(call["action"], parameters) if call["service"] == "elasticmapreduce" else parameters


def do_call(connections, call, parameters):
    if call["is_job"]:
        job_of(call)  # before it is begun: its end has to be waited for
    if call["service"] == "apigateway":
        return invoke_gateway(connections, parameters)
    integration = connections.integration(call["service"])
    answer, meta = ask(connections, integration, integration.operation(call["action"]), adapted(call, parameters), call["seed"])
    if integration.is_sdk:
        return answer
    if call["service"] == "lambda":
        answer = lambda_answer(call, answer, meta)
        if call["is_function"]:
            return answer
    elif call["service"] == "elasticmapreduce":
        answer = emr_answer(call["action"], parameters, answer)
    add_metadata(answer, meta)
    if call["service"] == "events" and answer.get("FailedEntryCount"):
        raise Refused("EventBridge.FailedEntry", compact(answer))
    return answer


def job_of(call):
    name = "%s:%s" % (call["service"], call["action"])
    if name not in JOBS:
        raise Refused("Stepwell.ServiceUnknown", "how to wait for the end of '%s' is not known here; bind it to a task" % name)
    return JOBS[name]


def do_look(connections, call, both):
    """How the job stands that "submitted" names."""
    job, parameters = job_of(call), both["parameters"]
    name = at(both["submitted"], job.name)
    if name is None:
        raise Refused("States.TaskFailed", compact(both["submitted"], ordered=True))
    integration = connections.integration(call["service"])
    operation, wanted = job.look
    answer, _ = ask(connections, integration, integration.operation(operation), wanted(parameters, name))
    return standing(job, answer)


def do_stop(connections, call, both):
    job = job_of(call)
    name = at(both["submitted"], job.name)
    if job.stop is None or name is None:
        return {}
    integration = connections.integration(call["service"])
    operation, wanted = job.stop
    ask(connections, integration, integration.operation(operation), wanted(both["parameters"], name))
    return {}


DEEDS = {"call": do_call, "look": do_look, "stop": do_stop}


def serve(state):
    call, body = receive()
    try:
        if botocore is None:
            raise Refused("Stepwell.BotocoreMissing", "expected %s to have botocore, by which AWS is called, but it has not; "
                          "install Debian's python3-botocore, or name another interpreter as 'python' under 'aws' of stepwell.yaml" % sys.executable)
        if state.get("settings") != call["settings"]:
            state.update(settings=call["settings"], connections=Connections(call["settings"]))
        text = compact(DEEDS[call["deed"]](state["connections"], call, json.loads(body))).encode("utf-8", "replace")
        if len(text) > ANSWER_BYTES_MAX:
            raise Refused("States.DataLimitExceeded", "the service answered with more than %d bytes" % ANSWER_BYTES_MAX)
        send({"kind": "result", "bytes": len(text)}, text)
    except Refused as refused:
        send({"kind": "error", "type": refused.error}, refused.cause.encode("utf-8", "replace"))
    except Exception as error:
        if botocore is not None and isinstance(error, botocore.exceptions.BotoCoreError):
            send({"kind": "error", "type": "Stepwell.AwsNotConfigured"}, str(error).encode("utf-8", "replace"))
        else:
            send({"kind": "error", "type": "Stepwell.TaskCrashed"}, ("%s: %s" % (type(error).__name__, error)).encode("utf-8", "replace"))


def main():
    begin()
    state = {}
    while True:
        try:
            serve(state)
        except Ended:
            leave(0)


main()
