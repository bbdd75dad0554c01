import { readFileSync } from 'node:fs';
import type { Attributes } from '../../../src/plan/resource-schema.js';
import type { Stack, Variables } from '../../../src/plan/stack.js';
import { decodeState, type State } from '../../../src/state/records.js';
import type { StateFile } from '../../../src/state/state-file.js';

/** Workers that the real provider made: `test/fixtures/README.md`. */
export const recordedNames = ['arm', 'aws', 'secrets', 'several'] as const;

export interface Recorded {
  stack: Stack;
  state: State;
  /** Those that the worker was made with. */
  variables: Variables;
}

export function recorded(name: (typeof recordedNames)[number]): Recorded {
  const read = <T>(ending: string) =>
    JSON.parse(readFileSync(new URL(`../../fixtures/provider-state/aws/${name}.${ending}`, import.meta.url), 'utf8')) as T;
  const [stack, state] = [read<Stack>('tf.json'), decodeState(read<StateFile>('tfstate'))];
  return { stack, state, variables: variablesOf(stack, state) };
}

/** The state says all of them but the secrets, which nothing compares. */
function variablesOf(stack: Stack, { records, outputs }: State): Variables {
  const of = (address: string): Attributes => records.get(address)!.attributes;
  const access = outputs['access']!.value as { remote_key: string; self_key: string; addresses: string[] };
  const definitions = JSON.parse(String(of('aws_ecs_task_definition.task')['container_definitions'])) as {
    name: string;
    environment: { name: string; value: string }[];
  }[];
  const env = new Map(definitions.find(({ name }) => name === 'engine')!.environment.map(({ name, value }) => [name, value]));
  const timeOf = (schedule: string) => /at\((.*)\)/.exec(String(of(`aws_scheduler_schedule.${schedule}`)['schedule_expression']))![1]!;
  const known: Variables = {
    remote_key: access.remote_key,
    self_key: access.self_key,
    address: access.addresses[0]!,
    run_id: env.get('MAYFLY_RUN_ID')!,
    group_id: env.get('MAYFLY_GROUP_ID')!,
    owner: (of('aws_ecs_service.engine')['tags'] as Record<string, string>)['dev.mayfly.owner']!,
    secrets_version: String(of('aws_secretsmanager_secret_version.secrets')['secret_string_wo_version']),
    ends_at: timeOf('end'),
    ends_again_at: timeOf('end_again'),
  };
  return Object.fromEntries(Object.keys(stack.variable ?? {}).map((name) => [name, known[name] ?? '{}']));
}
