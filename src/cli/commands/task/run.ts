import { randomUUID } from 'node:crypto';
import type { TaskReply } from '../../../client/documents.js';
import { findRun } from '../../../client/find-run.js';
import { TaskClient } from '../../../client/tasks.js';
import { MayflyError } from '../../../errors.js';
import { humanTask, tasksTable } from '../../../views/task-view.js';
import { inRemoteSession, type RemoteSession } from '../../remote/session.js';
import { settingsOf } from '../shared/command-settings.js';
import { filesOf } from './files.js';
import { writeOutput } from './logs.js';
import type { Args } from './options.js';

type Action = (session: RemoteSession, tasks: TaskClient, args: Args, target: string) => Promise<void>;

/** The words of `task add`, for messages. */
const addWords = 'RUN -- COMMAND';

/** Tasks that a list shows. */
const pageSize = 50;

const actions: Readonly<Record<Exclude<Args['action'], 'list' | 'add'>, Action>> = {
  async show(session, tasks, _args, target) {
    show(session, await tasks.one(target));
  },
  async stop(session, tasks, _args, target) {
    show(session, await tasks.stop(target));
  },
  async redrive(session, tasks, _args, target) {
    show(session, await tasks.redrive(target));
  },
  async logs(session, tasks, { follow }, target) {
    await writeOutput(tasks, target, { follow, ...session.call, note: (text) => session.note(text) });
  },
};

export async function run(args: Args): Promise<void> {
  await inRemoteSession(args, async (session) => {
    const tasks = new TaskClient(session.connection);
    const { action, target } = args;
    if (args.userCommand.length > 0 && action !== 'add') throw commandWithout(action);
    if (action === 'list') await list(session, tasks, args);
    else if (action === 'add') await add(session, tasks, args);
    else if (target === undefined) throw missing(action, 'TASK');
    else await actions[action](session, tasks, args, target);
    return 0;
  });
}

async function add(session: RemoteSession, tasks: TaskClient, args: Args): Promise<void> {
  const {
    target,
    fleet,
    allocation,
    function: made,
    userCommand: command,
    in: container,
    env,
    envFile,
    attempts,
    priority,
    cpu,
    memory,
  } = args;
  if ([target, fleet, allocation].filter((one) => one !== undefined).length !== 1) throw oneOf('a run, --fleet', '--allocation');
  if ((command.length === 0) === (made === undefined)) throw oneOf('a command', '--function');
  const place = target === undefined ? { fleet, allocation } : { run: (await findRun(session.client, target)).id };
  const work = made === undefined ? { command, timeout: args.timeout ?? '10m' } : { function: made, timeout: args.timeout };
  const files = await filesOf(session.client, args);
  const variables = settingsOf({ env, envFile }, process.env).env ?? {};
  show(session, await tasks.add({ ...place, ...work, ...files, container, env: variables, attempts, priority, cpu, memory }, randomUUID()));
}

async function list(
  { client, call, json, line, out, note }: RemoteSession,
  tasks: TaskClient,
  { target, state, dead }: Args,
): Promise<void> {
  const run = target === undefined ? undefined : (await findRun(client, target)).id;
  const page = await tasks.list({ run, state, ...(dead && { dead: 'true' }) }, pageSize);
  if (json) line(page);
  else out(page.tasks.length === 0 ? 'No tasks.' : tasksTable(page.tasks, call.clock.now()));
  if (page.next !== null) note(`The newest ${pageSize} are shown. GET /v1/tasks has all of them.`);
}

function show({ call, json, line, out }: RemoteSession, task: TaskReply): void {
  if (json) line(task);
  else out(humanTask(task, call.clock.now()));
}

function missing(action: string, words: string): MayflyError {
  return new MayflyError('usage', { cause: `${words} is missing`, remedy: `run mayfly task ${action} ${words}` });
}

function oneOf(one: string, other: string): MayflyError {
  const cause = `task add needs either ${one} or ${other}`;
  return new MayflyError('usage', { cause, remedy: `run mayfly task add ${addWords}` });
}

function commandWithout(action: string): MayflyError {
  return new MayflyError('usage', { cause: `task ${action} takes no command`, remedy: 'leave the words after the task out' });
}
