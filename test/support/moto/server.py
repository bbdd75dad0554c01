"""Moto with what mayfly needs of AWS and moto leaves out. Arguments are those of `moto_server`.

- A schedule group or an active service whose name is taken is refused, where moto makes it anew.
- A schedule that is updated is as the update says, its action after completion too, which moto leaves out.
- A service has its task: with all containers of its definition, listed by the service, gone with it. POST /mayfly/task says how it does.
  When the task's engine exits, another one is started, as ECS does for a service that wants one.
- A task that is to have a public address has one.
- A service says its role, whether its tasks get ECS's own tags and whether it is balanced over zones; one that was deleted is still
  described, as INACTIVE, and not listed.
- A log group says its class, and a list of a secret's versions says the secret's ARN, where moto has its name.
- A deleted task definition or cluster is not listed any more.
"""

import json
import sys

from moto.core.exceptions import JsonRESTError
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.utils import random_public_ip
from moto.ecs import models as ecs
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.logs.models import LogGroup
from moto.scheduler import models as scheduler
from moto.scheduler.responses import EventBridgeSchedulerResponse
from moto.secretsmanager.models import SecretsManagerBackend

from inventory import inventory

Ecs = ecs.EC2ContainerServiceBackend
Scheduler = scheduler.EventBridgeSchedulerBackend


def patch(cls, name):
    """Replaces a method; the new one is given the old one first."""
    old = getattr(cls, name)

    def put(new):
        setattr(cls, name, lambda self, *args, **kwargs: new(old, self, *args, **kwargs))

    return put


@patch(Scheduler, "create_schedule_group")
def create_schedule_group(old, self, name, tags):
    if name in self.schedule_groups:
        raise JsonRESTError("ConflictException", f"Schedule group {name} already exists.")
    return old(self, name, tags)


@patch(Scheduler, "delete_schedule_group")
def delete_schedule_group(old, self, name):
    group = self.get_schedule_group(name)
    self.tagger.delete_all_tags_for_resource(group.arn)
    return old(self, name)


@patch(EventBridgeSchedulerResponse, "update_schedule")
def update_schedule(old, self):
    said = old(self)
    group = self.scheduler_backend.get_schedule_group(self._get_param("GroupName"))
    schedule = group.get_schedule(self.uri.split("?")[0].split("/")[-1])
    schedule.action_after_completion = self._get_param("ActionAfterCompletion") or "NONE"
    return said


@patch(LogGroup, "to_describe_dict")
def describe_log_group(old, self):
    return {**old(self), "logGroupClass": "STANDARD"}


@patch(SecretsManagerBackend, "list_secret_version_ids")
def list_secret_version_ids(old, self, secret_id):
    return json.dumps({**json.loads(old(self, secret_id)), "ARN": self.secrets[secret_id].arn})


@patch(EC2ContainerServiceResponse, "create_service")
def answer_create_service(old, self):
    said = old(self)
    service = self.ecs_backend._get_service(self._get_param("cluster", "default"), self._get_param("serviceName"))
    service.enable_ecs_managed_tags = self._get_param("enableECSManagedTags", False)
    service.role_arn = f"arn:aws:iam::{self.current_account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    service.availability_zone_rebalancing = self._get_param("availabilityZoneRebalancing", "DISABLED")
    return said


@patch(Ecs, "describe_services")
def describe_services(old, self, cluster_str, service_names_or_arns):
    found, failures = old(self, cluster_str, service_names_or_arns)
    cluster = self._get_cluster(cluster_str).name
    ended = {name: service for name in service_names_or_arns if (service := ended_of(self).get(f"{cluster}:{name.split('/')[-1]}"))}
    missing = [one for one in failures if one["arn"].split("/")[-1] not in {service.name for service in ended.values()}]
    there = {service.name for service in found}
    return found + [service for service in ended.values() if service.name not in there], missing


def ended_of(self):
    """Services that were deleted: the tagging API and lists go by `services`, so they are kept apart."""
    return self.__dict__.setdefault("ended_services", {})


# How a new service and its task do; a test may set it before: see TaskState in index.ts.
born = {}


class Container:
    def __init__(self, task, definition):
        self.container_arn = f"{task.task_arn}/{definition['name']}"
        self.task_arn = task.task_arn
        self.name = definition["name"]
        self.image = definition.get("image")
        self.network_interfaces = []
        self.checked = "healthCheck" in definition
        self.set(task.status, {})

    def set(self, status, how):
        self.last_status = status
        self.health_status = how.get("health", "HEALTHY") if self.checked else "UNKNOWN"
        self.exit_code = None
        self.reason = how.get("container_reason")


def settle(task, how):
    """Makes a task do as is said: its containers with it."""
    status = how.get("status", task.status)
    task.last_status = status
    stopped = status == "STOPPED"
    task.desired_status = "STOPPED" if stopped else "RUNNING"
    if stopped:
        task.stopped_at = utcnow()
        task.stop_code = how.get("stop_code", "ServiceSchedulerInitiated")
        task.stopped_reason = how.get("reason", "Scaling activity initiated")
    for container in task.containers:
        container.set(status, how)
        if stopped and how.get("stop_code") != "TaskFailedToStart":
            container.exit_code = how.get("exit_code", 143) if container.name == "engine" else 143
        elif container.name in how.get("ended", {}):
            container.exit_code = how["ended"][container.name]


def tasks_of(self, service):
    group = f"service:{service.name}"
    return [t for t in self.tasks.get(service.cluster_name, {}).values() if t.group == group]


def tell(service):
    """What ECS says of a service beside its tasks: the newest event first, and how its deployment goes."""
    for message in born.get("events", []):
        service.events.insert(0, {"id": str(len(service.events)), "createdAt": utcnow(), "message": message})
    service.deployments[0]["rolloutState"] = born.get("rollout", "IN_PROGRESS")


def start(self, service):
    if born.get("status") == "NONE":
        return
    definition = self.describe_task_definition(service.task_definition)
    network = service.deployments[0]["networkConfiguration"]
    for container in definition.container_definitions:
        container.setdefault("memoryReservation", 1)
    [task] = self.run_task(
        cluster_str=service.cluster_name, task_definition_str=definition.arn, count=1, overrides=None,
        started_by=service.deployments[0]["id"], tags=list(service.tags or []), launch_type="FARGATE",
        networking_configuration=network, group=f"service:{service.name}",
    )
    task.created_at = utcnow()
    if network["awsvpcConfiguration"].get("assignPublicIp") == "ENABLED":
        details = {one["name"]: one["value"] for one in task.attachments[0]["details"]}
        interfaces = ec2_backends[self.account_id][self.region_name]
        interfaces.get_network_interface(details["networkInterfaceId"]).public_ip = random_public_ip()
    task.containers = [Container(task, one) for one in definition.container_definitions]
    settle(task, {"status": "RUNNING", **born})


def stop_all(self, service, keep=None):
    for task in tasks_of(self, service):
        if task.desired_status == "RUNNING" and task.task_definition_arn != keep:
            settle(task, {"status": "STOPPED"})


@patch(Ecs, "create_service")
def create_service(old, self, cluster_str, service_name, *args, **kwargs):
    there = self.services.get(f"{self._get_cluster(cluster_str).name}:{service_name}")
    if there and there.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    service = old(self, cluster_str, service_name, *args, **kwargs)
    service.created_at = utcnow()
    tell(service)
    if service.desired_count:
        start(self, service)
    return service


@patch(Ecs, "update_service")
def update_service(old, self, properties):
    service = old(self, properties)
    # With none wanted ECS ends them after a while: here they are whoever stops them's.
    if service.desired_count:
        stop_all(self, service, keep=service.task_definition)
        if not any(t.desired_status == "RUNNING" for t in tasks_of(self, service)):
            start(self, service)
    return service


@patch(Ecs, "delete_service")
def delete_service(old, self, cluster_name, service_name, force):
    if self._get_service(cluster_name, service_name).status != "ACTIVE":
        raise JsonRESTError("ServiceNotActiveException", "Service was not ACTIVE.")
    service = old(self, cluster_name, service_name, force)
    stop_all(self, service)
    key = f"{service.cluster_name}:{service.name}"
    ended_of(self)[key] = self.services.pop(key)
    for task in tasks_of(self, service):
        del self.tasks[service.cluster_name][task.task_arn]
    return service


@patch(Ecs, "list_tasks")
def list_tasks(old, self, cluster_str=None, container_instance=None, family=None, started_by=None, service_name=None, desiredStatus=None):
    tasks = old(self, cluster_str, container_instance, family, started_by, None, desiredStatus or "RUNNING")
    return [t for t in tasks if not service_name or t.group == f"service:{service_name.split('/')[-1]}"]


@patch(Ecs, "stop_task")
def stop_task(old, self, cluster_str, task_str, reason):
    task = old(self, cluster_str, task_str, reason)
    settle(task, {"status": "STOPPED", "stop_code": "UserInitiated", "reason": reason})
    return task


@patch(Ecs, "delete_cluster")
def delete_cluster(old, self, cluster_str):
    cluster = old(self, cluster_str)
    del self.clusters[cluster.name]
    return cluster


def set_task(self, request, full_url, headers):
    """{"service", …}: how the service's running task does from now on; without a service: how each new one does."""
    how = json.loads(request.environ["wsgi.input"].read(int(headers["Content-Length"])))
    name = how.pop("service", None)
    if name is None:
        born.clear()
        born.update(how)
        return 200, {}, "{}"
    for account in ecs.ecs_backends.values():
        for backend in account.values():
            for service in [s for s in backend.services.values() if s.name == name]:
                running = [task for task in tasks_of(backend, service) if task.desired_status == "RUNNING"]
                for task in running:
                    settle(task, how)
                if running and how.get("stop_code") == "EssentialContainerExited" and service.desired_count:
                    start(backend, service)
    return 200, {}, "{}"


def get_inventory(self, request, full_url, headers):
    return 200, {}, json.dumps(inventory())


if __name__ == "__main__":
    from moto.moto_api._internal import urls
    from moto.moto_api._internal.responses import MotoAPIResponse
    from moto.server import main

    MotoAPIResponse.set_mayfly_task = set_task
    MotoAPIResponse.get_mayfly_inventory = get_inventory
    urls.url_paths["{0}/moto-api/mayfly/task"] = urls.response_instance.set_mayfly_task
    urls.url_paths["{0}/moto-api/mayfly/inventory"] = urls.response_instance.get_mayfly_inventory
    main(sys.argv[1:])
