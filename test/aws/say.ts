import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { type Moto, region } from '../support/moto/index.js';

let last = 0;

/** What a container of the worker `one` says, as Fargate would write it down; `task`: the id of the task that it is of. */
export async function say(
  { url }: Moto,
  container: string,
  lines: readonly string[],
  { task = 'task', again = false } = {},
): Promise<void> {
  const client = new CloudWatchLogsClient({ endpoint: url, region, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const stream = { logGroupName: '/mayfly/one', logStreamName: `w/${container}/${task}` };
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
