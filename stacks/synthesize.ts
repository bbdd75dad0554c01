import { type Construct, RootConstruct } from 'constructs';
import type { StackInput, WorkerStack } from './common.js';

export type StackClass = new (scope: Construct, input: StackInput) => WorkerStack;

/**
 * Returns the stack of a worker on the backend of the offer, as Terraform's JSON configuration. No I/O, no clock, no randomness: the
 * same spec and offer give the same bytes.
 */
export function synthesizeAs(Stack: StackClass, input: StackInput): Record<string, unknown> {
  // Not a cdktf App: that makes its output directory as soon as it is constructed, and reads the environment.
  const root = new RootConstruct();
  // `prepareStack` would only add a default backend and cross-stack references, and resolves everything a second time.
  return new Stack(root, input).toTerraform() as Record<string, unknown>;
}
