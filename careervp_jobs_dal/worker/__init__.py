"""Workers of the jobs' queue: `JobWorker` does the jobs, and `DeadLetterHandler` ends those that nobody did."""

from careervp_jobs_dal.worker.acknowledgement import NotAcknowledgedError as NotAcknowledgedError
from careervp_jobs_dal.worker.job_worker import JobWorker as JobWorker
from careervp_jobs_dal.worker.job_worker import Work as Work
from careervp_jobs_dal.worker.job_worker import lease_from as lease_from
from careervp_jobs_dal.worker.message_handler import LambdaContext as LambdaContext
