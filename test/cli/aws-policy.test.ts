import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Policy } from '../../src/backends/aws/least-policy.js';
import { scene } from './scene.js';

test('doctor --aws-policy prints a policy for where the settings say, and asks nobody', async () => {
  const one = await scene();
  const policy = async (env: Record<string, string>) => JSON.parse(await one.must(['doctor', '--aws-policy'], { env })) as Policy;
  const { Version, Statement } = await policy({ MAYFLY_AWS_REGION: 'cn-north-1', MAYFLY_AWS_CLUSTER: 'jobs' });
  expect(Version).toBe('2012-10-17');
  expect(Statement.flatMap(({ Resource }) => Resource)).toContain('arn:aws-cn:ecs:cn-north-1:*:service/jobs/mayfly-*');
  await writeFile(join(one.folder, 'mayfly.config.yaml'), 'aws_region: eu-west-1\naws_cluster: files\n');
  const ofFile = await policy({});
  expect(ofFile.Statement.flatMap(({ Resource }) => Resource)).toContain('arn:aws:ecs:eu-west-1:*:service/files/mayfly-*');
  await rm(join(one.folder, 'mayfly.config.yaml'));
  const anywhere = await policy({});
  expect(anywhere.Statement.flatMap(({ Resource }) => Resource)).toContain('arn:aws:ecs:*:*:service/mayfly/mayfly-*');
  expect(await one.must(['doctor', '--help'])).toContain('--aws-policy');
});
