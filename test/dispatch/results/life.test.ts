import fs from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { DetachedEnd } from '../../../src/backends/ports/detached.js';
import { MayflyError } from '../../../src/errors.js';
import { ResultsDirectory } from '../../../src/dispatch/results/directory.js';
import type { Publisher } from '../../../src/dispatch/results/publisher.js';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import { removeFiles } from '../../memory/files.js';
import { smallSpec, thingsOf } from '../../memory/scene.js';
import { serving } from '../scene.js';
import { commandOf, endCommand, fillEngine, writeOutput } from './scene.js';

afterEach(removeFiles);
afterEach(() => vi.restoreAllMocks());

const started = 'queued placed provisioning ready command_started';

test('a run with a command ends with it: output and artifacts are kept, the worker is gone, and the exit code is its own', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit({ command: commandOf(), spec: smallSpec({ engine: { command: ['serve'], artifacts: ['out'] } }) });
  const run = await service.until(id, 'running');
  await scene.clock.advance(1000);
  writeOutput(scene, run, 'hello\n');
  await fillEngine(scene, run, { 'out/a': 'a', 'out/b/c': 'cc' });
  endCommand(scene, run, { state: 'exited', code: 0 });
  expect(await service.until(id, 'completed')).toMatchObject({
    reason: 'command_exited',
    exitCode: 0,
    attempt: 1,
    results: { state: 'published' },
  });
  expect((await service.events(id)).join(' ')).toBe(
    `${started} command_ended results_accepted results_publishing results_published completed`,
  );
  expect(thingsOf(scene.node, run.worker!)).toEqual([]);
  const manifest = JSON.parse(await readFile(join(scene.resultsPath, id, 'manifest.json'), 'utf8')) as unknown;
  expect(manifest).toEqual({
    ...{ run: id, attempt: 1, exit_code: 0, output: { bytes: 6, cut: false }, missing: [] },
    files: [
      { path: 'artifacts/out/a', bytes: 1, sha256: 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb' },
      { path: 'artifacts/out/b/c', bytes: 2, sha256: '355b1bbfc96725cdce8f4a2708fda310a80e6d13315aec4e5eed2a75fe8032ce' },
      { path: 'output.log', bytes: 6, sha256: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03' },
    ],
  });
});

test('results are collected once, also if the run is changed meanwhile', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit({ command: commandOf() });
  const run = await service.until(id, 'running');
  await scene.clock.advance(1000);
  const begin = vi.spyOn(ResultsDirectory.prototype, 'begin');
  const finish = ResultsDirectory.prototype.finish;
  vi.spyOn(ResultsDirectory.prototype, 'finish').mockImplementation(async function (this: ResultsDirectory, ...args) {
    await finish.apply(this, args);
    const { runs } = service.dispatcher;
    await runs.change(runs.get(id)!, { labels: { a: 'b' } }, { type: 'changed' });
  });
  endCommand(scene, run, { state: 'exited', code: 0 });
  expect(await service.until(id, 'completed')).toMatchObject({ labels: { a: 'b' }, results: { state: 'published' } });
  expect(begin).toHaveBeenCalledTimes(1);
});

const ends: Record<string, { end: DetachedEnd; final: object }> = {
  'that fails': { end: { state: 'exited', code: 3 }, final: { state: 'failed', reason: 'command_exited', exitCode: 3, attempt: 1 } },
  'that runs too long': { end: { state: 'timed_out' }, final: { state: 'failed', reason: 'timed_out', exitCode: 124 } },
  'whose end was not recorded': { end: { state: 'lost' }, final: { state: 'failed', reason: 'command_lost', exitCode: null } },
  'that somebody stops': { end: { state: 'stopped' }, final: { state: 'failed', reason: 'command_stopped', exitCode: null } },
};

describe.each(Object.entries(ends))('a command %s', (_name, { end, final }) => {
  test('ends its run as failed, with results', async () => {
    const scene = await serving();
    const service = await scene.serve();
    const { id } = await service.submit({ command: commandOf() });
    const run = await service.until(id, 'running');
    await scene.clock.advance(1000);
    endCommand(scene, run, end);
    // A lost command waits for the end of its worker.
    await scene.clock.advance(15_000);
    expect(await service.until(id, 'failed')).toMatchObject({ ...final, results: { state: 'published' } });
  });
});

test('a command that fails is followed by another attempt if that was asked for', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit({ command: commandOf({ argv: ['exit', '3'], retry: true }), attempts: 2 });
  expect(await service.until(id, 'failed')).toMatchObject({ reason: 'command_exited', exitCode: 3, attempt: 2 });
  const again = 'command_ended queued placed provisioning ready command_started command_ended';
  expect((await service.events(id)).join(' ')).toBe(`${started} ${again} results_accepted results_publishing results_published failed`);
  expect((await service.store.attempts(id)).map(({ error }) => error?.problems)).toEqual([
    [{ cause: 'the command ended: command_exited, exit code 3' }],
    undefined,
  ]);
});

test('a command that cannot be started fails its run at once', async () => {
  const scene = await serving();
  const service = await scene.serve();
  service.client.faults.fail('exec', { error: new MayflyError('usage', { cause: 'there is no user nobody', remedy: 'none' }), times: 1 });
  const { id } = await service.submit({ command: commandOf() });
  expect(await service.until(id, 'failed')).toMatchObject({ reason: 'command_not_started', exitCode: null });
  const [ended] = (await service.store.events({ run: id, limit: 50 })).filter(({ type }) => type === 'command_ended');
  expect(ended?.data).toEqual({ reason: 'command_not_started', exit_code: null, code: 'usage', cause: 'there is no user nobody' });
});

test('an artifact that has to be there fails a run whose command has exited with 0', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const spec = smallSpec({ engine: { command: ['serve'], artifacts: ['out', { from: 'log', optional: true }] } });
  const { id } = await service.submit({ command: commandOf({ argv: ['exit', '0'] }), spec });
  expect(await service.until(id, 'failed')).toMatchObject({ reason: 'artifacts_missing', exitCode: 0, results: { state: 'published' } });
  const manifest = JSON.parse(await readFile(join(scene.resultsPath, id, 'manifest.json'), 'utf8')) as { missing: unknown };
  expect(manifest.missing).toEqual([{ artifact: 'engine:out', cause: 'there is no such file' }]);
});

test('a command is ended before its worker, so that its results can be collected', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit({ command: commandOf(), spec: smallSpec({ max_duration: 60, collect_grace: 10 }) });
  const run = await service.until(id, 'running');
  await scene.clock.advance(1000);
  writeOutput(scene, run, 'so far');
  await scene.clock.advance(60_000);
  expect(await service.run(id)).toMatchObject({ state: 'failed', reason: 'expired', exitCode: 124, results: { state: 'published' } });
  expect(await readFile(join(scene.resultsPath, id, 'output.log'), 'utf8')).toBe('so far');
});

test('a worker that ends before its command ends the run, without results', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit({ command: commandOf() });
  const { worker } = await service.until(id, 'running');
  await scene.clock.advance(1000);
  scene.hand.exit(worker!, 'engine', 0);
  expect(await service.until(id, 'failed')).toMatchObject({ reason: 'engine_exited', exitCode: 0, results: null });
});

test('a worker that ends before its results are collected leaves the exit code', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit({ command: commandOf() });
  const run = await service.until(id, 'running');
  await scene.clock.advance(1000);
  service.client.faults.fail('exec', { of: `${run.worker}/engine` });
  endCommand(scene, run, { state: 'exited', code: 7 });
  await scene.clock.advance(1000);
  scene.hand.exit(run.worker!, 'engine', 0);
  const cause = 'the worker ended before its results were collected';
  expect(await service.until(id, 'failed')).toMatchObject({
    ...{ reason: 'command_exited', exitCode: 7 },
    results: { state: 'failed', collected: false, error: { code: 'worker_ended', cause, remedy: 'submit the run again' } },
  });
});

test('a full disk fails the results alone: the exit code stays, nothing is left, and the worker ends', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const spec = smallSpec({ engine: { command: ['serve'], artifacts: ['out'] } });
  const { id } = await service.submit({ command: commandOf(), spec });
  const run = await service.until(id, 'running');
  await scene.clock.advance(1000);
  await fillEngine(scene, run, { 'out/a': 'a' });
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  vi.spyOn(fs, 'write').mockImplementation(((...values: unknown[]) => (values.at(-1) as (error: Error) => void)(full)) as typeof fs.write);
  endCommand(scene, run, { state: 'exited', code: 0 });
  const failure = {
    code: 'storage_full',
    cause: 'no space left for the results: ENOSPC: no space left on device, write',
    remedy: 'free some space in the directory of the results, or set `serve.results.directory` to another disk; then submit the run again',
  };
  expect(await service.until(id, 'completed')).toMatchObject({
    ...{ reason: 'command_exited', exitCode: 0 },
    results: { state: 'failed', collected: false, error: failure },
  });
  const [event] = (await service.store.events({ run: id, limit: 50 })).filter(({ type }) => type === 'results_failed');
  expect(event?.data).toEqual(failure);
  expect(await readdir(scene.resultsPath)).toEqual([]);
  expect(thingsOf(scene.node, run.worker!)).toEqual([]);
});

test('output is cut at its limit, and artifacts above theirs fail the results', async () => {
  const scene = await serving();
  const results = { output: 4, artifacts: 3, files: 10, total: 100, directory: null, retention: 1000, tries: 1, publish: null };
  const service = await scene.serve({ results });
  const cut = await service.submit({ command: commandOf() });
  const run = await service.until(cut.id, 'running');
  await scene.clock.advance(1000);
  writeOutput(scene, run, '123456');
  endCommand(scene, run, { state: 'exited', code: 0 });
  await service.until(cut.id, 'completed');
  const manifest = JSON.parse(await readFile(join(scene.resultsPath, cut.id, 'manifest.json'), 'utf8')) as { output: unknown };
  expect(manifest.output).toEqual({ bytes: 4, cut: true });
  const spec = smallSpec({ engine: { command: ['serve'], artifacts: ['out'] } });
  const large = await service.submit({ command: commandOf(), spec });
  const other = await service.until(large.id, 'running');
  await scene.clock.advance(1000);
  await fillEngine(scene, other, { 'out/a': 'four' });
  endCommand(scene, other, { state: 'exited', code: 0 });
  expect(await service.until(large.id, 'completed')).toMatchObject({ results: { state: 'failed', error: { code: 'limit_exceeded' } } });
});

test('a sweep removes what crashed collections and removed runs have left, and nothing else', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit({ command: commandOf({ argv: ['exit', '0'] }) });
  await service.until(id, 'completed');
  const collecting = await service.submit({ command: commandOf() });
  await service.until(collecting.id, 'running');
  const gone = '00000000-0000-4000-8000-000000000009';
  for (const name of [`${id}.part`, `${collecting.id}.part`, gone, `${gone}.part`, 'notes'])
    await mkdir(join(scene.resultsPath, name, 'a'), { recursive: true });
  await service.dispatcher.publishing.sweep();
  expect((await readdir(scene.resultsPath)).sort()).toEqual([id, `${collecting.id}.part`, 'notes'].sort());
});

describe('results that are held', () => {
  async function held(publisher?: Publisher, retention = 7 * 24 * 3_600_000) {
    const scene = await serving();
    const results = { ...defaultDispatchSettings.results, retention };
    const service = await scene.serve({ results }, undefined, {}, { ...(publisher && { publisher }) });
    const { id } = await service.submit({ command: commandOf({ argv: ['exit', '0'], hold: true }) });
    await service.until(id, 'completed');
    const { resultsDecisions: decisions } = service.dispatcher;
    const later = async (ms: number) => {
      await scene.clock.advance(ms);
      return (await service.run(id)).results;
    };
    return { scene, service, id, decisions, later };
  }

  test('are published when they are accepted, once', async () => {
    const { id, service, decisions, later } = await held();
    expect(await service.run(id)).toMatchObject({ results: { state: 'proposed' } });
    await decisions.accept(id, 'good');
    expect(await later(0)).toMatchObject({ state: 'published', tries: 1 });
    await expect(decisions.accept(id, '')).rejects.toMatchObject({
      code: 'not_possible',
      message: 'the results are published, and cannot become accepted',
    });
    await expect(decisions.reject(id, '')).rejects.toMatchObject({ message: 'the results are published, and cannot become rejected' });
  });

  test('are removed when they are rejected', async () => {
    const { scene, id, decisions, later } = await held();
    await decisions.reject(id, 'wrong');
    expect([await later(0), await readdir(scene.resultsPath)]).toEqual([expect.objectContaining({ state: 'rejected' }), []]);
    await expect(decisions.accept(id, '')).rejects.toMatchObject({ message: 'the results are rejected, and cannot become accepted' });
  });

  test('are removed with an event when their retention ends', async () => {
    const { scene, service, id, later } = await held(undefined, 60_000);
    expect(await later(50_000)).toMatchObject({ state: 'proposed' });
    expect(await later(10_000)).toMatchObject({ state: 'expired' });
    expect([await readdir(scene.resultsPath), (await service.events(id)).at(-1)]).toEqual([[], 'results_expired']);
  });

  test('that cannot be published are tried again, then fail with the first cause, and can be accepted again', async () => {
    let broken = true;
    let tries = 0;
    const publisher: Publisher = {
      publish() {
        tries += 1;
        if (!broken) return Promise.resolve('s3://bucket/there');
        const cause = tries === 1 ? 'no such bucket' : 'still none';
        return Promise.reject(new MayflyError('copy_failed', { cause, remedy: 'make it' }));
      },
    };
    const { service, id, decisions, later } = await held(publisher);
    await decisions.accept(id, '');
    expect(await later(9_000)).toMatchObject({ state: 'publishing', tries: 1, error: { cause: 'no such bucket' } });
    expect(await later(2_000)).toMatchObject({ state: 'publishing', tries: 2 });
    expect(await later(3_600_000)).toMatchObject({
      ...{ state: 'failed', tries: 10 },
      error: { code: 'copy_failed', cause: 'no such bucket', remedy: 'make it' },
    });
    broken = false;
    await decisions.accept(id, '');
    expect(await later(0)).toMatchObject({ state: 'published', tries: 1, error: null, place: 's3://bucket/there' });
    const events = (await service.events(id)).filter((type) => type.startsWith('results_'));
    expect([events.filter((type) => type === 'results_publish_failed').length, events.slice(-4)]).toEqual([
      9,
      ['results_failed', 'results_accepted', 'results_publishing', 'results_published'],
    ]);
  });
});
