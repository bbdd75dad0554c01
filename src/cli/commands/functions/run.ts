import { readFile } from 'node:fs/promises';
import { addFunction, listFunctions, type NewFunction, rollBackFunction, switchFunction } from '../../../client/functions.js';
import { MayflyError } from '../../../errors.js';
import { defaultSentence, functionsTable } from '../../../views/functions-view.js';
import { commandOf } from '../../command-line.js';
import { inRemoteSession, type RemoteSession } from '../../remote/session.js';
import { toDuration } from '../../times.js';
import { settingsOf } from '../shared/command-settings.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async (session) => {
    switch (args.action) {
      case 'list':
        return list(session);
      case 'add':
        return add(session, args);
      case 'switch':
        return switchTo(session, args);
      case 'rollback':
        return rollBack(session, args);
    }
  });
}

async function list({ connection, call, json, line, out }: RemoteSession): Promise<number> {
  const all = await listFunctions(connection);
  if (json) line({ functions: all });
  else out(all.length === 0 ? 'No functions.' : functionsTable(all, call.clock.now()));
  return 0;
}

async function add({ connection, json, line, out }: RemoteSession, args: Args): Promise<number> {
  const [name, revision] = [nameOf(args), revisionOf(args)];
  const added = await addFunction(connection, {
    ...{ name, revision, timeout: toDuration(args.timeout, '--timeout', '--timeout 30s') },
    ...(await workOf(args)),
    ...(args.container !== undefined && { container: args.container }),
    ...(args.memory !== undefined && { memory: args.memory }),
    env: settingsOf({ env: args.env, envFile: args.envFile }, process.env).env ?? {},
  });
  if (json) line(added);
  else {
    const next = added.default ? 'is the default.' : `is not the default. To switch: mayfly functions switch ${name} ${revision}`;
    out(`${name}: ${revision} ${next}`);
  }
  return 0;
}

async function switchTo({ connection, json, line, out }: RemoteSession, args: Args): Promise<number> {
  const switched = await switchFunction(connection, nameOf(args), revisionOf(args));
  if (json) line(switched);
  else out(defaultSentence(switched));
  return 0;
}

async function rollBack({ connection, json, line, out }: RemoteSession, args: Args): Promise<number> {
  const switched = await rollBackFunction(connection, nameOf(args));
  if (json) line(switched);
  else out(defaultSentence(switched));
  return 0;
}

async function workOf(args: Args): Promise<Pick<NewFunction, 'command' | 'wasm' | 'args'>> {
  const { wasm: file, userCommand } = args;
  if (file === undefined) return { command: commandOf(args, 'mayfly functions add resize v1 -- convert -resize 100x100 - -') };
  return { wasm: (await moduleIn(file)).toString('base64'), ...(userCommand.length > 0 && { args: userCommand }) };
}

async function moduleIn(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const { message } = error as Error;
    throw new MayflyError('usage', { place: { path: '--wasm' }, cause: `cannot be read: ${message}`, remedy: 'name a .wasm file', error });
  }
}

function nameOf({ action, function: name }: Args): string {
  return name ?? missing('name of the function', action);
}

function revisionOf({ action, revision }: Args): string {
  return revision ?? missing('name of the revision', action);
}

function missing(what: string, action: string): never {
  const words = action === 'rollback' ? 'NAME' : 'NAME REVISION';
  throw new MayflyError('usage', { cause: `the ${what} is missing`, remedy: `run mayfly functions ${action} ${words}` });
}
