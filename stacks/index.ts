import { type Construct, RootConstruct } from 'constructs';
import { MayflyError } from '../src/errors.js';
import type { BackendName } from '../src/spec/worker-spec.js';
import type { StackInput, WorkerStack } from './common.js';

type StackClass = new (scope: Construct, input: StackInput) => WorkerStack;

/** One stack a backend, loaded when it is asked for: a provider's constructs are large. */
const stacks: Record<BackendName, () => Promise<StackClass>> = {
  docker: async () => (await import('./docker.js')).DockerStack,
  process: async () => (await import('./process.js')).ProcessStack,
  aws: async () => (await import('./aws.js')).AwsStack,
};

/**
 * What a worker is made of on the backend that offered, as Terraform's JSON configuration. No I/O, no clock, no randomness: the
 * same spec and offer give the same bytes.
 */
export async function synthesize(input: StackInput): Promise<Record<string, unknown>> {
  return synthesizeAs(await stackOf(input), input);
}

/** @returns the stack of the backend that offered, to be constructed anywhere */
export function stackOf({ offer }: StackInput): Promise<StackClass> {
  const load = stacks[offer.backend];
  if (load) return load();
  throw new MayflyError('stack_invalid', { cause: `there is no stack for ${offer.backend}` });
}

export function synthesizeAs(Stack: StackClass, input: StackInput): Record<string, unknown> {
  // Not a cdktf App: that makes its output directory as soon as it is constructed, and reads the environment.
  const root = new RootConstruct();
  // `prepareStack` would only add a default backend and cross-stack references, and resolves everything a second time.
  return new Stack(root, input).toTerraform() as Record<string, unknown>;
}

export type { StackInput } from './common.js';
export { objectName } from '../src/backends/docker/names.js';
export { literal } from './common.js';
