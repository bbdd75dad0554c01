import type { Task } from '@aws-sdk/client-ecs';
import { MayflyError } from '../../errors.js';
import type { Aws } from './clients.js';
import { poll, settlingPauses } from './patience.js';
import { serviceOf } from './service-of.js';
import { tasksOf } from './tasks.js';

/**
 * The address of the worker's running task: its public address if it should have one, otherwise the private one. `null` while no task runs.
 *
 * @throws MayflyError `not_ready` if AWS does not return a public address within the usual time
 */
export async function addressOf(aws: Aws, worker: string): Promise<string | null> {
  const service = await serviceOf(aws, worker);
  const task = service && (await tasksOf(aws, service)).find(({ lastStatus }) => lastStatus === 'RUNNING');
  if (!task) return null;
  if (service.networkConfiguration?.awsvpcConfiguration?.assignPublicIp !== 'ENABLED') return detail(task, 'privateIPv4Address');
  const id = detail(task, 'networkInterfaceId');
  const address = id && (await poll(aws.clock, settlingPauses, () => publicAddress(aws, id)));
  if (address) return address;
  throw new MayflyError('not_ready', {
    place: { path: worker },
    cause: `its task runs, and its network interface ${id ?? ''} has no public address`,
    remedy: 'route its subnets to an internet gateway, or omit access.public and name other subnets in aws_subnets',
  });
}

async function publicAddress(aws: Aws, id: string): Promise<string | null> {
  const { NetworkInterfaces = [] } = await aws.ec2.describeNetworkInterfaces({ NetworkInterfaceIds: [id] });
  return NetworkInterfaces[0]?.Association?.PublicIp ?? null;
}

/** A detail of the task's network interface. */
function detail(task: Task, name: string): string | null {
  const details = task.attachments?.find(({ type }) => type === 'ElasticNetworkInterface')?.details;
  return details?.find((one) => one.name === name)?.value ?? null;
}
