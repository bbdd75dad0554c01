import type { BackendName } from '../src/spec/worker-spec.js';
import type { StackInput, WorkerStack } from './common.js';
import { DockerStack } from './docker.js';
import { ProcessStack } from './process.js';

/** One stack a backend. */
const stacks: Record<BackendName, new (input: StackInput) => WorkerStack> = {
  docker: DockerStack,
  process: ProcessStack,
};

/**
 * What a worker is made of on the backend that offered, as Terraform's JSON configuration. No I/O, no clock, no randomness: the
 * same spec and offer give the same bytes.
 */
export function synthesize(input: StackInput): Record<string, unknown> {
  // `prepareStack` would only add a default backend and cross-stack references, and resolves everything a second time.
  const stack = new stacks[input.offer.backend](input);
  return stack.toTerraform() as Record<string, unknown>;
}

export type { StackInput } from './common.js';
export { objectName } from './common.js';
export { bridge } from './docker.js';
