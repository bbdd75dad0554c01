import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ApplyContext, Planning } from '../../../src/apply/applier.js';
import { systemClock } from '../../../src/clock.js';
import type { MayflyError } from '../../../src/errors.js';
import type { MayflyEvent } from '../../../src/events.js';
import type { Plan } from '../../../src/plan/plan.js';
import { emptyState } from '../../../src/state/records.js';
import { until } from '../../support/poll.js';
import { tempDir } from '../../support/temp-dir.js';
import type { StateBackend } from '../../../src/apply/terraform/state-backend.js';
import { backend, fakeCli, never, ready, scene, stack, variables } from './support.js';

const diagnostic = (summary: string, address?: string) =>
  JSON.stringify({
    '@level': 'error',
    type: 'diagnostic',
    diagnostic: { severity: 'error', summary, detail: '', ...(address && { address }) },
  });
/** Plans nothing, and says so. */
const plans = `${ready}\ncase "$1" in plan) : >tfplan; exit 0;; show) echo '{"format_version":"1.2","resource_changes":[]}'; exit 0;; esac`;

describe('a plan by a CLI', () => {
  const bad: Record<string, { body: string; cause: RegExp }> = {
    'init fails': {
      body: `case "$1" in version) echo '{"terraform_version":"1.9.0"}';; *) printf 'Error: no such registry\\n' >&2; exit 1;; esac`,
      cause: /`terraform init` failed: no such registry/,
    },
    'plan fails with diagnostics': {
      body: `${ready}\necho '${diagnostic('Invalid value')}'; exit 1`,
      cause: /`terraform plan` failed: Invalid value/,
    },
    'plan says garbage': { body: `${ready}\necho 'panic: out of order'; exit 2`, cause: /`terraform plan` failed: panic: out of order/ },
    'plan is silent': { body: `${ready}\nexit 1`, cause: /it printed no message/ },
    'plan is killed': { body: `${ready}\nkill -9 $$`, cause: /`terraform plan` failed/ },
  };
  test.each(Object.entries(bad))('%s', async (_title, { body, cause }) => {
    const { applier, context, directory, scratches } = await scene(await fakeCli(body));
    await expect(applier.plan(context)).rejects.toMatchObject({
      code: 'applier_failed',
      message: expect.stringMatching(cause),
      remedy: expect.stringMatching(/give --applier embedded/),
    });
    expect(await readdir(directory.path).catch(() => null)).toBeNull();
    expect(await readdir(scratches)).toEqual([]);
  });

  test('a plan that is cut short is not repeated: all variables are in it', async () => {
    const body = `${ready}\ncase "$1" in plan) : >tfplan;; *) echo '{"variables":"hush'; esac`;
    const { applier, context } = await scene(await fakeCli(body));
    const error = (await applier.plan(context).catch((thrown: unknown) => thrown)) as MayflyError;
    expect(error).toMatchObject({ code: 'applier_failed', message: expect.stringMatching(/cut short/) });
    expect(JSON.stringify([error.message, error.problems, error.log])).not.toContain('hush');
  });

  test('with a remote state no remedy names the embedded applier, which refuses it', async () => {
    const { applier, context } = await scene(await fakeCli(`${ready}\nexit 1`), {}, { type: 'pg', config: {} });
    const error = (await applier.plan(context).catch((thrown: unknown) => thrown)) as MayflyError;
    expect(error).toMatchObject({ code: 'applier_failed', message: expect.stringMatching(/^`terraform state pull` failed/) });
    expect(error.remedy).not.toContain('embedded');
  });

  test('gives the CLI an ephemeral secret in no file', async () => {
    const body = plans.replace(': >tfplan', 'grep -q owner terraform.tfvars.json && ! grep -q hush terraform.tfvars.json && : >tfplan');
    const variable = { ...stack.variable, login: { type: 'string', ephemeral: true } };
    const more = { stack: { ...stack, variable }, variables: { ...variables, owner: 'me', login: 'hush' } };
    const { applier, context } = await scene(await fakeCli(body), more);
    expect(await applier.plan(context)).toMatchObject({ changes: [] });
  });

  test('works in a directory of its own that nobody else may read, without a lock', async () => {
    const body = `${plans.replace(': >tfplan', `[ "$(stat -c %a .)" = 700 ] && [ "$(stat -c %a terraform.tfvars.json)" = 600 ] && case "$*" in *-lock=false*) : >tfplan;; esac`)}`;
    const { applier, context, directory } = await scene(await fakeCli(body));
    expect(await applier.plan(context)).toMatchObject({ changes: [], drift: [], outputs: [] });
    expect(await readdir(directory.path).catch(() => null)).toBeNull();
  });

  test('init is run once for all workers of a kind', async () => {
    const inits = join(await tempDir(), 'inits');
    const body = plans.replace('init)', 'init) echo once >>"$INITS";');
    const { applier, context } = await scene({ ...(await fakeCli(body)), INITS: inits });
    await Promise.all([applier.plan(context), applier.plan({ ...context, worker: 'other' })]);
    await applier.plan(context);
    expect(await readFile(inits, 'utf8')).toBe('once\n');
  });

  test('a backend without a provider is refused with what to do', async () => {
    const { applier, context } = await scene(await fakeCli(plans));
    const without = { ...backend, name: 'process', provider: null } as unknown as typeof backend;
    await expect(applier.plan({ ...context, backend: without })).rejects.toMatchObject({
      code: 'applier_unavailable',
      place: { path: 'process' },
      remedy: expect.stringMatching(/--applier embedded/),
    });
  });

  /** What is interrupted, by the arguments that begin the command. */
  const moments: Record<string, StateBackend | null> = {
    version: null,
    init: null,
    plan: null,
    show: null,
    'state pull': { type: 'pg', config: {} },
  };
  test.each(Object.entries(moments))('Ctrl-C during %s is no failure of it', async (command, stateBackend) => {
    const stop = new AbortController();
    const mark = join(await tempDir(), 'there');
    const body = `case "$*" in ${command.replace(' ', '\\ ')}*) trap 'echo halted >&2; exit 1' INT; : >"$MARK"; while :; do sleep 0.02; done;; esac\n${plans}`;
    const { applier, context } = await scene({ ...(await fakeCli(body)), MARK: mark }, { stop: stop.signal }, stateBackend);
    const planning = expect(applier.plan(context)).rejects.toMatchObject({ code: 'interrupted' });
    await until('it is there', () => existsSync(mark));
    stop.abort();
    await planning;
  });
});

describe('an apply by a CLI', () => {
  const hook = (type: string, address: string, action = 'create') =>
    JSON.stringify({ type, hook: { resource: { addr: address }, action, id_value: 'id-1' } });
  const engine = 'docker_container.engine';
  const change = (address: string, dependencies: string[] = []) => ({
    address,
    type: 'docker_container',
    name: address.split('.')[1]!,
    action: 'create' as const,
    attributes: [],
    before: null,
    after: { name: address },
    id: null,
    dependencies,
    tainted: false,
  });
  const plan = { worker: 'w', stack, changes: [change(engine), change('docker_container.build', [engine])] } as unknown as Plan;

  async function applying(
    body: string,
    signals: { stop?: AbortSignal; abort?: AbortSignal } = {},
    onEvent = (_: MayflyEvent) => {},
    on = backend,
  ) {
    const events: MayflyEvent[] = [];
    const { applier, directory } = await scene(await fakeCli(`${ready}\n${body}`));
    await directory.writeVariables(variables);
    await writeFile(directory.file('journal.jsonl'), '');
    const planning: Pick<Planning, 'handover'> = {
      handover: { planFile: Buffer.from('plan'), adopted: { state: emptyState(), addresses: [], changed: false, overlooked: new Map() } },
    };
    const context: ApplyContext = {
      backend: on,
      directory,
      state: emptyState(),
      variables,
      ...planning,
      clock: systemClock,
      emit: (event) => {
        events.push(event);
        onEvent(event);
      },
      newId: () => 'id',
      parallelism: 3,
      pullSecret: () => null,
      stop: never,
      abort: never,
      ...signals,
    };
    const error = await applier.apply(plan, context).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return { error, events, directory };
  }

  test('its lines are our events; why one failed, and what was not tried because of it', async () => {
    const lines = [
      hook('apply_start', engine),
      'not JSON at all',
      hook('apply_errored', engine),
      diagnostic('Unable to create container: conflict', engine),
    ];
    const { error, events, directory } = await applying(`${lines.map((line) => `echo '${line}'`).join('\n')}\nexit 1`);
    expect(error).toMatchObject({ code: 'apply_failed', place: { path: engine }, message: 'Unable to create container: conflict' });
    expect(events).toEqual([
      { type: 'resource_started', address: engine, operation: 'create' },
      {
        type: 'resource_failed',
        address: engine,
        operation: 'create',
        problem: { place: { path: engine }, cause: 'Unable to create container: conflict' },
      },
      { type: 'resource_skipped', address: 'docker_container.build', because: engine },
    ]);
    expect(await readdir(directory.path)).not.toContain('tfplan');
  });

  test('a warning is passed on', async () => {
    const warning = { type: 'diagnostic', diagnostic: { severity: 'warning', summary: 'Deprecated', detail: 'use another' } };
    const { events } = await applying(`echo '${JSON.stringify(warning)}'`);
    expect(events).toEqual([{ type: 'warning', message: 'Deprecated: use another' }]);
  });

  describe('containers that filled a fresh volume at the same time', () => {
    const raced = diagnostic('Unable to create container: mkdir /var/lib/docker/volumes/w/_data/d7: file exists', 'docker_container.build');
    const race = [hook('apply_errored', 'docker_container.build'), raced];
    /** Fails at first, counts its applies, and plans `left` then. */
    const failing = (told: string[], left: string[]) => `case "$1" in
      plan) exit 0;;
      show) echo '${JSON.stringify({ resource_changes: left.map((address) => ({ mode: 'managed', address, type: 'docker_container', name: 'x', change: { actions: ['create'], before: null, after: {} } })) })}'; exit 0;;
    esac
    echo once >>applies
    [ "$(wc -l <applies)" -gt 1 ] && exit 0
    ${told.map((line) => `echo '${line}'`).join('\n')}
    exit 1`;
    const applies = async ({ directory }: { directory: { file(name: string): string } }) =>
      (await readFile(directory.file('applies'), 'utf8')).trim().split('\n').length;

    test('are made once more when all creates have returned', async () => {
      const run = await applying(failing(race, []));
      expect([run.error, await applies(run)]).toEqual([null, 2]);
    });

    test('not when something else failed too, nor when the rest would be more than was approved', async () => {
      const other = await applying(failing([...race, hook('apply_errored', engine), diagnostic('no such image', engine)], []));
      expect([other.error, await applies(other)]).toEqual([expect.objectContaining({ code: 'apply_failed' }), 1]);
      const more = await applying(failing(race, ['docker_container.stranger']));
      expect([more.error, await applies(more)]).toEqual([expect.objectContaining({ code: 'apply_failed' }), 1]);
    });
  });

  test('one that is killed, or says nothing of use, is a failure that says so', async () => {
    expect((await applying('kill -9 $$')).error).toMatchObject({ code: 'apply_failed', message: 'it was killed by SIGKILL' });
    expect((await applying('echo panic >&2; exit 2')).error).toMatchObject({ code: 'apply_failed', message: 'panic' });
    expect((await applying('exit 1')).error).toMatchObject({ message: 'the apply failed without a message' });
  });

  test('what is not there by its label afterwards was never ours', async () => {
    expect((await applying('exit 0')).error).toMatchObject({ code: 'foreign_object', place: { path: engine } });
  });

  test('what all workers share is made before the CLI begins, and again once its first object is there', async () => {
    const told: string[] = [];
    const on = { ...backend, prepare: async () => void told.push('shared') } as typeof backend;
    const done = [hook('apply_start', engine), hook('apply_complete', engine), hook('apply_complete', 'docker_container.build')];
    await applying(`${done.map((line) => `echo '${line}'`).join('\n')}\nexit 0`, {}, ({ type }) => void told.push(type), on);
    expect(told).toEqual(['shared', 'resource_started', 'resource_done', 'shared', 'resource_done']);
  });

  test('Ctrl-C is passed on, and the end is waited for', async () => {
    const stop = new AbortController();
    const body = `trap 'echo "${diagnostic('execution halted').replaceAll('"', '\\"')}"; exit 1' INT
echo '${hook('apply_start', engine)}'
while :; do sleep 0.02; done`;
    const { error } = await applying(body, { stop: stop.signal }, ({ type }) => type === 'resource_started' && stop.abort());
    expect(error).toMatchObject({ code: 'interrupted', remedy: expect.stringContaining('the same command again') });
  });

  test('the second Ctrl-C drops it', async () => {
    const abort = new AbortController();
    const body = `trap '' INT\necho '${hook('apply_start', engine)}'\nwhile :; do sleep 0.02; done`;
    const { error } = await applying(body, { abort: abort.signal }, ({ type }) => type === 'resource_started' && abort.abort());
    expect(error).toMatchObject({ code: 'interrupted' });
  });
});
