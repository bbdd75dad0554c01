import { MayflyError } from '../../../errors.js';
import { locateLiving } from '../../../worker/locate.js';
import { inSession } from '../../session.js';
import type { Output } from '../../../plan/outputs.js';
import { humanOutput, humanPart } from '../../../views/access-view.js';
import { outputDocument } from '../../../views/json-view.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out }) => {
    const backend = await locateLiving(call, args.worker, args.backend);
    const { outputs } = await call.layout.worker(backend.name, args.worker).readState();
    if (Object.keys(outputs).length === 0) {
      throw new MayflyError('state_unreadable', {
        place: { path: args.worker },
        cause: 'the local state has no outputs of this worker',
        remedy: 'apply its spec here, which adopts the worker as it is',
      });
    }
    if (args.name === undefined) {
      if (json) out(JSON.stringify(outputDocument(outputs), null, 2));
      else for (const [name, output] of Object.entries(outputs)) out(humanOutput(name, output));
      return 0;
    }
    const [name, key] = nameAndKey(args.name);
    const output = Object.hasOwn(outputs, name) ? outputs[name]! : null;
    if (!output || (key !== null && !keysOf(output).includes(key))) {
      throw new MayflyError('usage', {
        place: { path: args.worker },
        cause: `has no output ${args.name}`,
        remedy: `choose one of ${Object.entries(outputs).flatMap(namesOf).join(', ')}`,
      });
    }
    if (json) out(JSON.stringify(key === null ? output.value : (output.value as Record<string, unknown>)[key], null, 2));
    else out(key === null ? humanOutput(name, output) : humanPart(output, key));
    return 0;
  });
}

/** `ports.db` is the part `db` of the output `ports`. */
function nameAndKey(text: string): [name: string, key: string | null] {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, null] : [text.slice(0, dot), text.slice(dot + 1)];
}

function keysOf({ value }: Output): string[] {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
}

function namesOf([name, output]: [string, Output]): string[] {
  return [name, ...keysOf(output).map((key) => `${name}.${key}`)];
}
