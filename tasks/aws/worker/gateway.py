"""apigateway:invoke: a request to an API of API Gateway, which is nobody's service model."""
import http.client
import urllib.parse

if botocore is not None:
    import botocore.auth
    import botocore.awsrequest
    import botocore.httpsession

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
MEMBERS = ("ApiEndpoint", "Method", "Stage", "Path", "Headers", "QueryParameters", "RequestBody", "AuthType", "AllowNullValues")


def lists_of(parameters, member):
    """{"name": ["value", ...]} as pairs."""
    given = parameters.get(member) or {}
    if not isinstance(given, dict) or not all(isinstance(values, list) for values in given.values()):
        raise Misfit("The value of the field '%s' has an invalid format" % member)
    return [(name, to_text(value)) for name, values in given.items() for value in values]


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def check_members(parameters):
    for name in parameters:
        if name not in MEMBERS:
            raise Misfit("The field '%s' is not supported by Step Functions" % name)
    for name in ("ApiEndpoint", "Method"):
        if not isinstance(parameters.get(name), str):
            raise Misfit("The field '%s' is required but was missing" % name)
    if parameters["Method"] not in METHODS:
        raise Misfit("The value of the field 'Method' has an invalid format")


def gateway_request(connections, parameters):
    check_members(parameters)
    headers = lists_of(parameters, "Headers")
    query = urllib.parse.urlencode(lists_of(parameters, "QueryParameters"))
    path = "/".join(part.strip("/") for part in (parameters.get("Stage"), parameters.get("Path")) if part)
    base = connections.settings.get("endpoints", {}).get("apigateway") or connections.settings.get("endpoint")
    url = "%s/%s" % (base.rstrip("/") if base else "https://" + parameters["ApiEndpoint"], urllib.parse.quote(path, safe="/%"))
    body = parameters.get("RequestBody")
    if body is not None and not isinstance(body, str):
        body = compact(body if parameters.get("AllowNullValues") else without_nulls(body))
    request = botocore.awsrequest.AWSRequest(parameters["Method"], url + ("?" + query if query else ""), data=body)
    if body is not None:
        request.headers["Content-Type"] = "application/json"
    for name, value in headers:
        request.headers[name] = value
    if base:
        request.headers["Host"] = parameters["ApiEndpoint"]
    return request


def gateway_answer(connections, request):
    session = botocore.httpsession.URLLib3Session(timeout=connections.settings["timeout_ms"] / 1000, verify=connections.settings.get("ca_file") or True,
                                                  proxies=connections.proxies_to(request.url))
    try:
        return session.send(request.prepare())
    except botocore.exceptions.HTTPClientError as error:
        raise Refused("ApiGateway.SdkClientException", "Unable to execute HTTP request: %s" % error)
    except botocore.exceptions.EndpointConnectionError:
        raise Refused("ApiGateway.SdkClientException", "Unable to execute HTTP request: " + lookup_text(request.url))


def invoke_gateway(connections, parameters):
    try:
        request = gateway_request(connections, parameters)
    except Misfit as misfit:
        raise Refused("States.Runtime", "The Parameters '%s' could not be used to start the Task: [%s]" % (compact(parameters), misfit))
    if parameters.get("AuthType", "NO_AUTH") != "NO_AUTH":
        credentials = connections.session.get_credentials()
        if credentials is None:
            raise Refused("ApiGateway.SdkClientException", "Unable to load AWS credentials from any provider in the chain")
        botocore.auth.SigV4Auth(credentials, "execute-api", connections.settings["region"]).add_auth(request)
    answer = gateway_answer(connections, request)
    text = to_bytes(answer.content)
    if not 200 <= answer.status_code < 300:
        raise Refused("ApiGateway.%d" % answer.status_code, text)
    headers = {}
    for name, value in answer.headers.items():
        headers.setdefault(name, []).append(value)
    try:
        text = json.loads(text)
    except ValueError:
        pass
    return {"Headers": headers, "ResponseBody": text, "StatusCode": answer.status_code,
            "StatusText": http.client.responses.get(answer.status_code, "")}
