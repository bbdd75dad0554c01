import type { Variables } from '../../plan/stack.js';
import { engineName } from '../../spec/worker-spec.js';
import type { Aws } from './clients.js';
import { isNamed } from './errors.js';
import { awsNames } from './names.js';
import { findSchedule } from './resources/schedule.js';
import { findDefinition } from './resources/task-definition.js';
import { engineVariablesIn } from '../../spec/engine-variables.js';

const inSecret = ['remote_key', 'self_key'];

/** Reads the values of the stack's variables from the worker's objects. Values that no object has are missing; `null` if all are. */
export async function recoverVariables(aws: Aws, worker: string): Promise<Variables | null> {
  const names = awsNames(worker, aws.place.region);
  const [keys, ids, ends_at, ends_again_at] = await Promise.all([
    fromSecret(aws, names.secret),
    fromDefinition(aws, names.common),
    fromSchedule(aws, `${names.common}/end`),
    fromSchedule(aws, `${names.common}/end-again`),
  ]);
  const found = { ...keys, ...ids, ...(ends_at && { ends_at }), ...(ends_again_at && { ends_again_at }) };
  return Object.keys(found).length > 0 ? found : null;
}

async function fromSecret(aws: Aws, name: string): Promise<Variables> {
  try {
    const { SecretString = '{}' } = await aws.secrets.getSecretValue({ SecretId: name });
    const values = JSON.parse(SecretString) as Record<string, unknown>;
    return Object.fromEntries(inSecret.flatMap((key) => (typeof values[key] === 'string' ? [[key, values[key]]] : [])));
  } catch (error) {
    // The secret is missing, has no value yet, or is being deleted.
    if (isNamed(error, 'ResourceNotFoundException', 'InvalidRequestException')) return {};
    throw error;
  }
}

async function fromDefinition(aws: Aws, family: string): Promise<Variables> {
  const found = await findDefinition(aws, family);
  const engine = found?.definition.containerDefinitions?.find(({ name }) => name === engineName);
  return engineVariablesIn(Object.fromEntries((engine?.environment ?? []).map(({ name = '', value }) => [name, value])));
}

async function fromSchedule(aws: Aws, id: string): Promise<string | null> {
  const expression = (await findSchedule(aws, id))?.ScheduleExpression ?? '';
  return /^at\((.*)\)$/.exec(expression)?.[1] ?? null;
}
