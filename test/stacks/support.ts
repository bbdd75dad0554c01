import type { DockerFacts } from '../../src/backends/docker/names.js';
import { AwsStack } from '../../stacks/aws.js';
import { DockerStack } from '../../stacks/docker.js';
import { synthesizeAs } from '../../stacks/synthesize.js';
import { ProcessStack } from '../../stacks/process.js';
import type { Stack } from '../../src/plan/stack.js';
import type { Facts, Offer } from '../../src/spec/offer.js';
import type { AwsFacts } from '../../src/backends/aws/names.js';
import { parseSpec } from '../../src/spec/parse.js';
import { type BackendName, totals, type WorkerSpec } from '../../src/spec/worker-spec.js';

export function specOf(content: Record<string, unknown>): WorkerSpec {
  return parseSpec(JSON.stringify(content), { file: 'worker.json', defaultName: 'worker', env: {}, directory: '/specs' }).spec;
}

const classes = { docker: DockerStack, process: ProcessStack, aws: AwsStack };

const awsFacts: AwsFacts = {
  kind: 'aws',
  addresses: ['127.0.0.1'],
  region: 'eu-west-1',
  account: '123456789012',
  partition: 'aws',
  owner: 'arn:aws:iam::123456789012:user/dev',
  cluster: 'mayfly',
  vpc: 'vpc-0a1b2c3d',
  subnets: ['subnet-0a', 'subnet-0b'],
  needsPublicAddress: false,
  shape: { cpu: 4096, memory: 8192, storage: 30 },
};

const factsFor: Record<BackendName, (quota: boolean) => Facts> = {
  docker: (quota) => ({ kind: 'docker', addresses: ['127.0.0.1'], quota, exec: '/run/mayfly/daemon' }) satisfies DockerFacts,
  process: () => ({ kind: 'process', addresses: ['127.0.0.1'] }),
  aws: () => awsFacts,
};

/** What a backend that has all would offer. */
export function offerOf(spec: WorkerSpec, backend: BackendName, quota = false): Offer {
  return {
    backend,
    endpoint: backend === 'docker' ? 'unix:///var/run/docker.sock' : '/var/lib/mayfly',
    accepted: true,
    reasons: [],
    unenforced: [],
    rounded: [],
    warnings: [],
    title: backend,
    arch: spec.arch ?? 'amd64',
    asks: totals(spec),
    has: null,
    facts: factsFor[backend]!(quota),
    price: null,
    keeper: null,
  };
}

export function stackOf(content: Record<string, unknown>, backend: BackendName = 'docker', quota = false): Stack {
  const spec = specOf(content);
  return synthesizeAs(classes[backend as keyof typeof classes], {
    spec,
    offer: offerOf(spec, backend, quota),
    longest: 2_592_000,
  }) as unknown as Stack;
}

/** A minimal spec, to which a case adds its own. */
export const base = { name: 'w', max_duration: 600, cpu: 500, memory: 256, storage: 1000, engine: { image: 'alpine:3.20' } };

export function box(name: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { name, image: 'busybox:1', cpu: 100, memory: 64, storage: 100, ...more };
}
