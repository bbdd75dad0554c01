import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { type Moto, region } from '../support/moto/index.js';
import { callsTo } from './lookalikes.js';

let last = 0;

/** Which task of the worker `one` runs, by its id. */
export async function runningTask({ env }: Moto): Promise<string> {
  const aws = callsTo(env);
  const { taskArns = [] } = await aws.ecs.listTasks({ cluster: 'mayfly', serviceName: 'mayfly-one', desiredStatus: 'RUNNING' });
  aws.close();
  if (taskArns.length !== 1) throw new Error(`${taskArns.length} tasks run`);
  return taskArns[0]!.split('/').at(-1)!;
}

/** What a container of the worker `one` says in the task that runs, as Fargate would write it down; `again`: it has spoken before. */
export async function say(moto: Moto, container: string, lines: readonly string[], { again = false } = {}): Promise<void> {
  const stream = { logGroupName: '/mayfly/one', logStreamName: `w/${container}/${await runningTask(moto)}` };
  const client = new CloudWatchLogsClient({ endpoint: moto.url, region, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  try {
    if (!again) await client.send(new CreateLogStreamCommand(stream));
    // Each line at a time of its own, so that their order is told.
    last = Math.max(last + 1, Date.now());
    const logEvents = lines.map((message) => ({ message, timestamp: last++ }));
    await client.send(new PutLogEventsCommand({ ...stream, logEvents }));
  } finally {
    client.destroy();
  }
}
