import { type Construct, RootConstruct } from 'constructs';
import type { BackendName } from '../src/spec/worker-spec.js';
import type { StackInput, WorkerStack } from './common.js';
import { DockerStack } from './docker.js';
import { ProcessStack } from './process.js';

/** One stack a backend. */
const stacks: Record<BackendName, new (scope: Construct, input: StackInput) => WorkerStack> = {
  docker: DockerStack,
  process: ProcessStack,
};

/**
 * What a worker is made of on the backend that offered, as Terraform's JSON configuration. No I/O, no clock, no randomness: the
 * same spec and offer give the same bytes.
 */
export function synthesize(input: StackInput): Record<string, unknown> {
  // Not a cdktf App: that makes its output directory as soon as it is constructed, and reads the environment.
  const root = new RootConstruct();
  // `prepareStack` would only add a default backend and cross-stack references, and resolves everything a second time.
  return stackOf(root, input).toTerraform() as Record<string, unknown>;
}

/** The stack as a construct of another tree. */
export function stackOf(scope: Construct, input: StackInput): WorkerStack {
  return new stacks[input.offer.backend](scope, input);
}

export type { StackInput } from './common.js';
export { literal, objectName } from './common.js';
export { bridge } from './docker.js';
