import type { CreateServiceCommandInput, Service } from '@aws-sdk/client-ecs';
import type { Attributes } from '../../../plan/resource-schema.js';
import type { Actual, Driver } from '../../ports/driver.js';
import type { Aws } from '../clients.js';
import { ensureCluster } from '../cluster.js';
import { ifThere, isNamed, says } from '../errors.js';
import { poll, settlingPauses } from '../patience.js';
import { ecsTags, labelsFrom } from '../tags.js';
import { block, complete, optionalText, setOf, tagAttributes, text, wantedTags } from './attributes.js';
import { assertOurs } from '../../shared/ownership.js';
import { schemas } from './schemas.js';
import { seen } from './seen.js';
import { createOrAdopt } from './create-or-adopt.js';

const schema = schemas.service;

/** Finds a service in a cluster by its name or ARN. A `DRAINING` service is found too, because its name is still in use. */
export async function findService(
  aws: Aws,
  { cluster, id }: { cluster: string; id: string },
  signal?: AbortSignal,
): Promise<Service | null> {
  return ifThere(async () => {
    const { services = [] } = await aws.ecs.describeServices({ cluster, services: [id], include: ['TAGS'] }, signal);
    return services.find(({ status }) => status !== 'INACTIVE') ?? null;
  }, 'ClusterNotFoundException');
}

function byArn(arn: string): { cluster: string; id: string } {
  return { cluster: /:service\/([^/]+)\//.exec(arn)?.[1] ?? '', id: arn };
}

/** Removes a service with its tasks and waits until its name is free. */
export async function removeService(aws: Aws, arn: string, signal?: AbortSignal): Promise<void> {
  const place = byArn(arn);
  await ifThere(
    () => aws.ecs.deleteService({ cluster: place.cluster, service: arn, force: true }, signal),
    'ServiceNotFoundException',
    'ServiceNotActiveException',
    'ClusterNotFoundException',
  );
  await poll(aws.clock, settlingPauses, async () => ((await findService(aws, place, signal)) ? null : true), signal);
}

/** Whether a refusal is temporary: an old service still drains, IAM does not find a new role yet, or the cluster was just removed. */
function passes(error: unknown): boolean {
  return (
    says(error, 'InvalidParameterException', /still draining|service linked role|assume( the)? role|security group .* does not exist/i) ||
    says(error, 'ClientException', /assume( the)? role|role .*(exist|valid)/i) ||
    isNamed(error, 'ClusterNotFoundException')
  );
}

export function serviceDriver(aws: Aws): Driver {
  const actual = (service: Service, known: Attributes): Actual => {
    const labels = labelsFrom(service.tags);
    return {
      id: service.serviceArn!,
      attributes: complete(schema, known, { ...said(service, known), region: aws.place.region, ...tagAttributes(labels) }),
      labels,
    };
  };
  const readAt = async (place: { cluster: string; id: string }, known: Attributes, signal?: AbortSignal): Promise<Actual | null> => {
    const service = await findService(aws, place, signal);
    return service?.status === 'ACTIVE' ? actual(service, known) : null;
  };
  const read = (arn: string, known: Attributes, signal?: AbortSignal) => readAt(byArn(arn), known, signal);

  return {
    schema,
    read,
    async create(_address, wanted, { signal }) {
      const name = text(wanted['name']);
      const tags = wantedTags(wanted);
      const create = async () => {
        try {
          return await aws.ecs.createService(request(wanted), signal);
        } catch (error) {
          if (isNamed(error, 'ClusterNotFoundException')) await ensureCluster(aws, signal);
          throw error;
        }
      };
      return createOrAdopt({
        ...{ kind: 'service', name, labels: tags },
        async create() {
          const { service } = await aws.settle(passes, create, signal);
          const made = { ...service!, tags: service!.tags ?? ecsTags(tags) };
          // ECS returns an existing service of this name if it has the same settings.
          assertOurs('service', name, tags, labelsFrom(made.tags));
          return actual(made, wanted);
        },
        isTaken: (error) => says(error, 'InvalidParameterException', /not idempotent/i),
        find: () => readAt({ cluster: text(wanted['cluster']), id: name }, wanted, signal),
      });
    },
    async update(id, wanted, _changes, { signal }) {
      const all = request(wanted);
      const { deploymentConfiguration, desiredCount, networkConfiguration, platformVersion, taskDefinition } = all;
      const { enableECSManagedTags, enableExecuteCommand, propagateTags } = all;
      const changed = { deploymentConfiguration, desiredCount, networkConfiguration, platformVersion, taskDefinition };
      const more = { enableECSManagedTags, enableExecuteCommand, propagateTags };
      const update = () => aws.ecs.updateService({ cluster: all.cluster, service: id, ...changed, ...more }, signal);
      await aws.settle(passes, update, signal);
      return seen(aws, id, () => read(id, wanted, signal), signal);
    },
    delete: (id, _known, { signal }) => removeService(aws, id, signal),
  };
}

function request(wanted: Attributes): CreateServiceCommandInput & { cluster: string } {
  const network = block(wanted['network_configuration']);
  const breaker = block(wanted['deployment_circuit_breaker']);
  return {
    serviceName: text(wanted['name']),
    cluster: text(wanted['cluster']),
    taskDefinition: text(wanted['task_definition']),
    launchType: optionalText(wanted['launch_type']) as CreateServiceCommandInput['launchType'],
    platformVersion: optionalText(wanted['platform_version']),
    desiredCount: Number(wanted['desired_count'] ?? 0),
    deploymentConfiguration: {
      maximumPercent: Number(wanted['deployment_maximum_percent']),
      minimumHealthyPercent: Number(wanted['deployment_minimum_healthy_percent']),
      ...(breaker && { deploymentCircuitBreaker: { enable: Boolean(breaker['enable']), rollback: Boolean(breaker['rollback']) } }),
    },
    ...(network && {
      networkConfiguration: {
        awsvpcConfiguration: {
          assignPublicIp: network['assign_public_ip'] === true ? 'ENABLED' : 'DISABLED',
          securityGroups: (network['security_groups'] ?? []) as string[],
          subnets: (network['subnets'] ?? []) as string[],
        },
      },
    }),
    enableECSManagedTags: wanted['enable_ecs_managed_tags'] === true,
    enableExecuteCommand: wanted['enable_execute_command'] === true,
    propagateTags: optionalText(wanted['propagate_tags']) as CreateServiceCommandInput['propagateTags'],
    schedulingStrategy: optionalText(wanted['scheduling_strategy']) as CreateServiceCommandInput['schedulingStrategy'],
    tags: ecsTags(wantedTags(wanted)),
  };
}

/** Attributes from an answer. AWS returns all fields; moto leaves some out, and these keep their configured values. */
function said(service: Service, known: Attributes): Attributes {
  const { deploymentConfiguration: deployment, networkConfiguration, serviceArn = '' } = service;
  const network = networkConfiguration?.awsvpcConfiguration;
  const breaker = deployment?.deploymentCircuitBreaker;
  return {
    id: serviceArn,
    name: service.serviceName ?? null,
    arn: serviceArn,
    availability_zone_rebalancing: service.availabilityZoneRebalancing ?? 'DISABLED',
    // A name or an ARN, as configured.
    cluster: text(known['cluster']).startsWith('arn:') ? (service.clusterArn ?? null) : (service.clusterArn?.split('/').at(-1) ?? null),
    ...(breaker && { deployment_circuit_breaker: [{ enable: breaker.enable ?? false, rollback: breaker.rollback ?? false }] }),
    deployment_controller: [{ type: service.deploymentController?.type ?? 'ECS' }],
    ...(deployment?.maximumPercent !== undefined && { deployment_maximum_percent: deployment.maximumPercent }),
    ...(deployment?.minimumHealthyPercent !== undefined && { deployment_minimum_healthy_percent: deployment.minimumHealthyPercent }),
    desired_count: service.desiredCount ?? 0,
    ...(service.enableECSManagedTags !== undefined && { enable_ecs_managed_tags: service.enableECSManagedTags }),
    ...(service.enableExecuteCommand !== undefined && { enable_execute_command: service.enableExecuteCommand }),
    health_check_grace_period_seconds: service.healthCheckGracePeriodSeconds ?? 0,
    iam_role: service.roleArn ?? '',
    launch_type: service.launchType ?? null,
    network_configuration: network
      ? [
          {
            assign_public_ip: network.assignPublicIp === 'ENABLED',
            security_groups: setOf(network.securityGroups),
            subnets: setOf(network.subnets),
          },
        ]
      : [],
    platform_version: service.platformVersion ?? null,
    propagate_tags: service.propagateTags ?? 'NONE',
    scheduling_strategy: service.schedulingStrategy ?? 'REPLICA',
    task_definition: service.taskDefinition ?? null,
    triggers: known['triggers'] ?? {},
  };
}
