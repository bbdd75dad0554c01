"""What the emulator holds of the kinds of things that mayfly makes, whole and in words: a changed tag, value or rule is another line.

It is read from the models and not through the API, so that nothing depends on a list, a page or a filter, and one request tells it all.
"""

import json

from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.scheduler.models import scheduler_backends
from moto.secretsmanager.models import secretsmanager_backends


def every(backends):
    return [backend for account in backends.values() for backend in account.values()]


def schedules():
    for backend in every(scheduler_backends):
        for group in backend.schedule_groups.values():
            yield "schedule group", group.name, backend.tagger.list_tags_for_resource(group.arn)
            for one in group.schedules.values():
                yield "schedule", f"{group.name}/{one.name}", one.to_dict()


def roles():
    for backend in every(iam_backends):
        for role in backend.roles.values():
            yield "role", role.name, [role.path, role.assume_role_policy_document, role.policies, list(role.managed_policies), role.tags]


def log_groups():
    for backend in every(logs_backends):
        for group in backend.groups.values():
            tags = backend.tagger.list_tags_for_resource(group.arn)
            yield "log group", group.name, [group.retention_in_days, sorted(group.streams), tags]


def secrets():
    for backend in every(secretsmanager_backends):
        for secret in dict.values(backend.secrets):
            yield "secret", secret.name, [secret.arn, secret.versions, secret.deleted_date, secret.tags]


def security_groups():
    for backend in every(ec2_backends):
        for group in [group for of_vpc in backend.groups.values() for group in of_vpc.values()]:
            rules = [
                [rule.id, rule.is_egress, rule.ip_protocol, rule.from_port, rule.to_port, rule.ip_range, rule.source_group, rule.prefix_list_id]
                for rule in group.ingress_rules + group.egress_rules
            ]
            yield "security group", f"{group.name} {group.id}", [rules, group.get_tags()]


def containers():
    for backend in every(ecs_backends):
        for cluster in backend.clusters.values():
            yield "cluster", cluster.name, [cluster.status, cluster.tags]
        for service in backend.services.values():
            how = [service.status, service.desired_count, service.task_definition, service.network_configuration, service.tags]
            yield "service", f"{service.cluster_name}/{service.name}", how
        for tasks in backend.tasks.values():
            for task in tasks.values():
                yield "task", task.task_arn, [task.group, task.last_status, task.desired_status, task.tags]
        for family in backend.task_definitions.values():
            for one in family.values():
                yield "task definition", one.arn, [one.status, one.container_definitions, one.tags]


def inventory():
    kinds = (schedules, roles, log_groups, secrets, security_groups, containers)
    return sorted(f"{kind} {name} {json.dumps(how, sort_keys=True, default=str)}" for found in kinds for kind, name, how in found())
