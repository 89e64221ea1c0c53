"""The stack of a whole service, from the table to the dashboard."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack, Tags
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from careervp_jobs_dal.infrastructure.cdk import (
    JobsLayer,
    JobsMonitoring,
    JobsPipe,
    JobsQueue,
    JobsTable,
)

HANDLERS = Path(__file__).resolve().parents[1]
WORKER_TIMEOUT = timedelta(minutes=5)
SWEEP_EVERY = timedelta(minutes=5)
RESULTS_KEPT = Duration.days(90)
# A model provider allows so many requests at a time.
MOST_WORKERS = 10


class ServiceStack(Stack):
    """Service that makes reports, one stack for each stage.

    Args:
        scope: the app.
        construct_id: the stack's id, the same for each stage: the stages' templates
            differ by names only.
        stack_name: the stack's name.
        stage: the stage, which is part of the table's name.
        layer: the zip of the full layer.
        user_pool_arn: the Cognito user pool that says who calls.
        allowed_origin: the origin of the web page whose scripts may call.
        pipe: whether a pipe from the table's stream fills the queue, in place of the
            submit function.
        tracing: whether X-Ray traces calls.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stack_name: str,
        stage: str,
        layer: Path,
        user_pool_arn: str,
        allowed_origin: str = "https://app.example.com",
        pipe: bool = False,
        tracing: bool = False,
    ) -> None:
        super().__init__(scope, construct_id, stack_name=stack_name)
        Tags.of(self).add("service", "vpr")
        self.jobs = JobsTable(
            self,
            "Jobs",
            table_name=f"careervp-jobs-table-{stage}",
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if pipe else None,
        )
        self.queue = JobsQueue(self, "Queue", timeout=WORKER_TIMEOUT)
        self.results = self._bucket()
        self._layer = JobsLayer(self, "Layer", path=layer)
        self._origin, self._tracing = allowed_origin, tracing
        if pipe:
            JobsPipe(self, "Pipe", table=self.jobs, queue=self.queue)
        submit, worker, sweeper = (
            self._submit(sends=not pipe),
            self._worker(),
            self._sweeper(),
        )
        self._add_api(user_pool_arn, submit, self._status())
        self._add_dead_letter_handler()
        JobsMonitoring(
            self,
            "Monitoring",
            table=self.jobs,
            queue=self.queue,
            namespace="CareerVP",
            service="vpr",
            worker=worker,
            submit=submit,
            sweeper=sweeper,
            sweep_every=SWEEP_EVERY,
        )
        CfnOutput(self, "TableName", value=self.jobs.table_name)
        CfnOutput(self, "QueueUrl", value=self.queue.queue.queue_url)
        CfnOutput(
            self, "DeadLetterQueueUrl", value=self.queue.dead_letter_queue.queue_url
        )

    def _submit(self, *, sends: bool) -> lambda_.Function:
        settings = {
            "JOBS_QUEUE_URL": self.queue.queue.queue_url,
            "JOBS_OUTBOX": "no" if sends else "yes",
        }
        function = self._function("Submit", "submit", **settings)
        self.jobs.grant_submit(function)
        if sends:
            self.queue.grant_send(function)
        return function

    def _status(self) -> lambda_.Function:
        function = self._function(
            "Status", "status", VPR_RESULTS_BUCKET=self.results.bucket_name
        )
        self.jobs.grant_status(function)
        self._permit_results(function, "s3:GetObject")
        return function

    def _worker(self) -> lambda_.Function:
        function = self._function(
            "Worker",
            "worker",
            WORKER_TIMEOUT,
            VPR_RESULTS_BUCKET=self.results.bucket_name,
        )
        self.jobs.grant_worker(function)
        self._permit_results(function, "s3:PutObject")
        self.queue.add_worker(function, max_concurrency=MOST_WORKERS)
        return function

    def _add_dead_letter_handler(self) -> None:
        function = self._function("DeadLetters", "dead_letters")
        self.jobs.grant_worker(function)
        self.queue.add_dead_letter_handler(function)

    def _sweeper(self) -> lambda_.Function:
        function = self._function(
            "Sweeper", "sweeper", JOBS_QUEUE_URL=self.queue.queue.queue_url
        )
        self.jobs.grant_sweeper(function)
        self.queue.grant_send(function)
        rule = events.Rule(
            self, "Sweep", schedule=events.Schedule.rate(_duration(SWEEP_EVERY))
        )
        rule.add_target(targets.LambdaFunction(function))
        return function

    def _function(
        self,
        name: str,
        module: str,
        timeout: timedelta = timedelta(seconds=29),
        **settings: str,
    ) -> lambda_.Function:
        """Make a function of one file, with a log group of its own."""
        return lambda_.Function(
            self,
            name,
            handler=f"{module}.lambda_handler",
            code=lambda_.Code.from_asset(
                str(HANDLERS), exclude=["*", ".*", f"!{module}.py"]
            ),
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=512,
            timeout=_duration(timeout),
            layers=[self._layer],
            tracing=lambda_.Tracing.ACTIVE
            if self._tracing
            else lambda_.Tracing.PASS_THROUGH,
            log_group=self._log_group(f"{name}Log"),
            environment={
                "JOBS_TABLE_NAME": self.jobs.table_name,
                "JOBS_TRANSPORT": "auto",  # without boto3 wherever that is possible
                "ALLOWED_ORIGIN": self._origin,
                "POWERTOOLS_SERVICE_NAME": "vpr",
                **settings,
            },
        )

    def _permit_results(self, function: lambda_.Function, action: str) -> None:
        """Permit one action; the bucket's own grants permit more."""
        objects = [self.results.arn_for_objects("reports/*")]
        function.add_to_role_policy(
            iam.PolicyStatement(actions=[action], resources=objects)
        )

    def _bucket(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "Results",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=RESULTS_KEPT)],
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _add_api(
        self, user_pool_arn: str, submit: lambda_.Function, status: lambda_.Function
    ) -> None:
        log = apigateway.LogGroupLogDestination(self._log_group("ApiLog"))
        api = apigateway.RestApi(
            self,
            "Api",
            deploy_options=apigateway.StageOptions(
                stage_name="v1",
                access_log_destination=log,
                access_log_format=apigateway.AccessLogFormat.json_with_standard_fields(
                    **dict.fromkeys(("caller", "user"), False),
                    **dict.fromkeys(
                        (
                            "http_method",
                            "ip",
                            "protocol",
                            "request_time",
                            "resource_path",
                            "response_length",
                            "status",
                        ),
                        True,
                    ),
                ),
                throttling_rate_limit=50,
                throttling_burst_limit=100,
                tracing_enabled=self._tracing,
            ),
            default_cors_preflight_options=apigateway.CorsOptions(
                allow_origins=[self._origin],
                allow_methods=["GET", "POST"],
                allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
                max_age=Duration.minutes(10),
            ),
        )
        # Let scripts read the API's own answers, too, such as 401 and 429.
        for kind in (
            apigateway.ResponseType.DEFAULT_4_XX,
            apigateway.ResponseType.DEFAULT_5_XX,
        ):
            name = kind.response_type.title().replace("_", "")
            headers = {"Access-Control-Allow-Origin": f"'{self._origin}'"}
            api.add_gateway_response(name, type=kind, response_headers=headers)
        pool = cognito.UserPool.from_user_pool_arn(self, "Users", user_pool_arn)
        authorizer = apigateway.CognitoUserPoolsAuthorizer(
            self, "Authorizer", cognito_user_pools=[pool]
        )
        signed_in: dict[str, Any] = {
            "authorizer": authorizer,
            "authorization_type": apigateway.AuthorizationType.COGNITO,
        }
        jobs = api.root.add_resource("vpr")
        jobs.add_method("POST", apigateway.LambdaIntegration(submit), **signed_in)
        jobs.add_resource("{job_id}").add_method(
            "GET", apigateway.LambdaIntegration(status), **signed_in
        )

    def _log_group(self, name: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            name,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )


def _duration(time: timedelta) -> Duration:
    return Duration.seconds(int(time.total_seconds()))
