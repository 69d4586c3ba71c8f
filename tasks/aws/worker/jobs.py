"""What `.sync` waits for: how each service names a job, tells how it stands, and stops it."""


class Job:
    """`name` is where the answer of the start has the job's name. The others are given the parameters
    and that name: `look` and `stop` are operations with what they take, `found` is the part of the answer to
    `look` that counts, `status` is where that says how the job stands."""

    def __init__(self, name, look, found, status, good, bad, stop=None, whole=False):
        self.name, self.look, self.found, self.status = name, look, found, status
        self.good, self.bad, self.stop, self.whole = set(good.split()), set(bad.split()), stop, whole


def at(document, path):
    """"Build.Id", "Tasks.0.TaskArn"; None where there is nothing."""
    for step in path.split("."):
        if isinstance(document, list):
            document = document[int(step)] if int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def sagemaker(kind, stop):
    return Job(kind + "JobArn", ("Describe%sJob" % kind, lambda p, n: {kind + "JobName": p[kind + "JobName"]}), "", kind + "JobStatus",
               "Completed", "Failed Stopped", (stop, lambda p, n: {kind + "JobName": p[kind + "JobName"]}))


def cluster(p, n):
    return {"Cluster": p["Cluster"]} if "Cluster" in p else {}


def run_of(p, n):
    return {"ApplicationId": p["ApplicationId"], "JobRunId": n}


def virtual_run_of(p, n):
    return {"VirtualClusterId": p["VirtualClusterId"], "Id": n}


JOBS = {
    "athena:startQueryExecution": Job(
        "QueryExecutionId", ("GetQueryExecution", lambda p, n: {"QueryExecutionId": n}), "QueryExecution", "Status.State",
        "SUCCEEDED", "FAILED CANCELLED", ("StopQueryExecution", lambda p, n: {"QueryExecutionId": n}), whole=True),
    "batch:submitJob": Job(
        "JobId", ("DescribeJobs", lambda p, n: {"Jobs": [n]}), "Jobs.0", "Status",
        "SUCCEEDED", "FAILED", ("TerminateJob", lambda p, n: {"JobId": n, "Reason": "the execution was stopped"})),
    "bedrock:createModelCustomizationJob": Job(
        "JobArn", ("GetModelCustomizationJob", lambda p, n: {"JobIdentifier": n}), "", "Status",
        "Completed", "Failed Stopped", ("StopModelCustomizationJob", lambda p, n: {"JobIdentifier": n})),
    "codebuild:startBuild": Job(
        "Build.Id", ("BatchGetBuilds", lambda p, n: {"Ids": [n]}), "Builds.0", "BuildStatus",
        "SUCCEEDED", "FAILED FAULT TIMED_OUT STOPPED", ("StopBuild", lambda p, n: {"Id": n})),
    "codebuild:startBuildBatch": Job(
        "BuildBatch.Id", ("BatchGetBuildBatches", lambda p, n: {"Ids": [n]}), "BuildBatches.0", "BuildBatchStatus",
        "SUCCEEDED", "FAILED FAULT TIMED_OUT STOPPED", ("StopBuildBatch", lambda p, n: {"Id": n})),
    "databrew:startJobRun": Job(
        "RunId", ("DescribeJobRun", lambda p, n: {"Name": p["Name"], "RunId": n}), "", "State",
        "SUCCEEDED", "FAILED STOPPED TIMEOUT", ("StopJobRun", lambda p, n: {"Name": p["Name"], "RunId": n})),
    "ecs:runTask": Job(
        "Tasks.0.TaskArn", ("DescribeTasks", lambda p, n: {**cluster(p, n), "Tasks": [n]}), "Tasks.0", "LastStatus",
        "STOPPED", "", ("StopTask", lambda p, n: {**cluster(p, n), "Task": n, "Reason": "the execution was stopped"})),
    "elasticmapreduce:createCluster": Job(
        "ClusterId", ("DescribeCluster", lambda p, n: {"ClusterId": n}), "Cluster", "Status.State",
        "WAITING TERMINATED", "TERMINATED_WITH_ERRORS", ("TerminateJobFlows", lambda p, n: {"JobFlowIds": [n]}), whole=True),
    "elasticmapreduce:terminateCluster": Job(
        "ClusterId", ("DescribeCluster", lambda p, n: {"ClusterId": n}), "Cluster", "Status.State",
        "TERMINATED", "TERMINATED_WITH_ERRORS", whole=True),
    "elasticmapreduce:addStep": Job(
        "StepId", ("DescribeStep", lambda p, n: {"ClusterId": p["ClusterId"], "StepId": n}), "Step", "Status.State",
        "COMPLETED", "FAILED CANCELLED INTERRUPTED",
        ("CancelSteps", lambda p, n: {"ClusterId": p["ClusterId"], "StepIds": [n]}), whole=True),
    "emr-containers:startJobRun": Job(
        "Id", ("DescribeJobRun", virtual_run_of), "JobRun", "State", "COMPLETED", "FAILED CANCELLED", ("CancelJobRun", virtual_run_of)),
    "emr-serverless:startJobRun": Job(
        "JobRunId", ("GetJobRun", run_of), "JobRun", "State", "SUCCESS", "FAILED CANCELLED", ("CancelJobRun", run_of)),
    "glue:startJobRun": Job(
        "JobRunId", ("GetJobRun", lambda p, n: {"JobName": p["JobName"], "RunId": n}), "JobRun", "JobRunState",
        "SUCCEEDED", "FAILED ERROR STOPPED TIMEOUT EXPIRED",
        ("BatchStopJobRun", lambda p, n: {"JobName": p["JobName"], "JobRunIds": [n]})),
    "mediaconvert:createJob": Job(
        "Job.Id", ("GetJob", lambda p, n: {"Id": n}), "Job", "Status", "COMPLETE", "ERROR CANCELED",
        ("CancelJob", lambda p, n: {"Id": n}), whole=True),
    "sagemaker:createHyperParameterTuningJob": Job(
        "HyperParameterTuningJobArn",
        ("DescribeHyperParameterTuningJob", lambda p, n: {"HyperParameterTuningJobName": p["HyperParameterTuningJobName"]}), "",
        "HyperParameterTuningJobStatus", "Completed", "Failed Stopped",
        ("StopHyperParameterTuningJob", lambda p, n: {"HyperParameterTuningJobName": p["HyperParameterTuningJobName"]})),
    "sagemaker:createLabelingJob": Job(
        "LabelingJobArn", ("DescribeLabelingJob", lambda p, n: {"LabelingJobName": p["LabelingJobName"]}), "", "LabelingJobStatus",
        "Completed", "Failed Stopped", ("StopLabelingJob", lambda p, n: {"LabelingJobName": p["LabelingJobName"]})),
    "sagemaker:createProcessingJob": sagemaker("Processing", "StopProcessingJob"),
    "sagemaker:createTrainingJob": sagemaker("Training", "StopTrainingJob"),
    "sagemaker:createTransformJob": sagemaker("Transform", "StopTransformJob"),
}


def is_good(job, document):
    """Whether a job that has ended did what it should: a container tells by its exit code."""
    if at(document, job.status) not in job.good:
        return False
    if at(document, "StopCode") == "TaskFailedToStart":
        return False
    return all(each.get("ExitCode", 0) == 0 for each in document.get("Containers", []) if isinstance(each, dict))


def standing(job, answer):
    """What is told of a job: {"state"}, with its output or its cause where it has ended."""
    document = at(answer, job.found) if job.found else answer
    if document is None:
        return {"state": "failed", "cause": compact(answer, ordered=True)}
    if at(document, job.status) not in job.good | job.bad:
        return {"state": "running"}
    if is_good(job, document):
        return {"state": "succeeded", "output": answer if job.whole else document}
    return {"state": "failed", "cause": compact(document, ordered=True)}
