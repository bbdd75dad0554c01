import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessOf, jsonLines, type Scene, scene } from './scene.js';
import { freePort, specs } from './specs.js';

const isoTime: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** One worker of local processes, from its plan to its end; the tests go on from each other. */
describe('a worker of local processes', () => {
  let one: Scene;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    one = await scene({ spec: specs.server(port) });
  });
  afterAll(() => one.close());

  test('plan, as a person reads it', async () => {
    const { code, stdout, stderr } = await one.cli(['plan', 'SPEC']);
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(`  ${one.name} · process (local) · ${process.arch === 'arm64' ? 'arm64' : 'amd64'} · lives 5 min once ready`);
    expect(lines[1]).toMatch(/^ {2}asks 0\.05 CPU \(share\) · 768 MB memory · 20 MB storage {6}has \d+\.\d CPU · [\d.]+ (GB|MB)$/);
    expect(stdout).toMatch(/^ {2}on process, the first backend that accepts$/m);
    expect(stdout).toMatch(/^ {2}not on docker: \S/m);
    expect(stdout).toMatch(/^ {2}! cpu is not enforced/m);
    expect(stdout).toMatch(new RegExp(`^ {2}\\+ mayfly_process\\.engine +node -e .* · port ${port}$`, 'm'));
    expect(lines.slice(-3)).toEqual([
      '',
      'Plan: 1 to add, 0 to change, 0 to destroy. Ends 5 min 30 s after apply starts at the latest.',
      '',
    ]);
  });

  test('plan, as a program and a pull request read it', async () => {
    const lines = jsonLines(await one.must(['plan', 'SPEC', '--json']));
    expect(lines.map(({ type }) => type)).toEqual(['version', 'offer', 'planned_change', 'change_summary']);
    expect(lines[0]).toMatchObject({ ui: '1.2', mayfly: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    for (const line of lines) {
      expect(line).toMatchObject({ '@level': 'info', '@module': 'mayfly.ui' });
      expect(Date.parse(String(line['@timestamp']))).not.toBeNaN();
    }
    expect(lines[3]).toMatchObject({ changes: { add: 1, change: 0, remove: 0, operation: 'plan' } });
    const markdown = await one.must(['plan', 'SPEC', '--markdown']);
    expect(markdown).toMatch(/^### mayfly plan: /);
    expect(markdown).toContain('| create | `mayfly_process.engine` |');
  });

  test('plan --detailed-exitcode, --out, and what is saved applied without a question', async () => {
    const { code, stderr } = await one.cli(['plan', 'SPEC', '--out', 'saved.plan', '--detailed-exitcode']);
    expect(code).toBe(2);
    expect(stderr).toBe('Saved to saved.plan. Next: mayfly apply saved.plan\n');
    const { code: applied, stdout, stderr: told } = await one.cli(['apply', 'saved.plan']);
    expect(applied, told).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^  worker   ${one.name}\n  access   127\\.0\\.0\\.1:${port}\n  keys     \\(secret; .*\\)\n  ends     .*\\n$`),
    );
    expect(told).toMatch(/^armed: keeper \(pid \d+ on this machine\)$/m);
    expect(told).toMatch(/^mayfly_process\.engine: created in \d/m);
    expect(told).toMatch(/^ready after \d+\.\d s; ends at \d\d:\d\d:\d\d$/m);
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('hello');
    expect((await one.cli(['plan', 'SPEC', '--detailed-exitcode'])).code).toBe(0);
  });

  test('apply again: nothing changes, and nobody is asked', async () => {
    const { code, stdout, stderr } = await one.cli(['apply', 'SPEC']);
    expect(code).toBe(0);
    expect(stderr).toContain('No changes. The worker is what its spec says.');
    expect(stdout).toContain(`access   127.0.0.1:${port}`);
    const lines = jsonLines(await one.must(['apply', 'SPEC', '--json']));
    expect(lines.at(-3)).toMatchObject({
      type: 'change_summary',
      changes: { add: 0, change: 0, remove: 0, operation: 'apply' },
      ends: isoTime,
    });
    expect(lines.at(-2)).toMatchObject({ type: 'outputs', outputs: { access: { sensitive: true } } });
    expect(lines.at(-1)).toMatchObject({
      type: 'access',
      worker: one.name,
      access: { addresses: ['127.0.0.1'], port, disable_tls: expect.any(Boolean) },
    });
    expect(lines.find(({ type }) => type === 'armed')).toMatchObject({ layers: [{ endsBy: isoTime }] });
    const { remote_key: remote } = await accessOf(one);
    expect(JSON.stringify(lines)).not.toContain(remote);
  });

  test('output: masked for people, whole as JSON', async () => {
    const { remote_key: remote, self_key: self, ...rest } = await accessOf(one);
    expect(rest).toEqual({ addresses: ['127.0.0.1'], port, disable_tls: expect.any(Boolean) });
    const document = JSON.parse(await one.must(['output', 'NAME', '--json'])) as Record<string, Record<string, unknown>>;
    expect(document['access']).toMatchObject({ sensitive: true, type: ['object', expect.any(Object)] });
    expect(JSON.parse(await one.must(['output', 'NAME', 'access', '--json']))).toEqual(document['access']!['value']);
    for (const args of [
      ['output', 'NAME'],
      ['output', 'NAME', 'access'],
    ]) {
      const text = await one.must(args);
      expect(text).toMatch(new RegExp(`port +${port}$`, 'm'));
      for (const key of [remote, self]) expect(text).not.toContain(key);
    }
  });

  test('show and list', async () => {
    const text = await one.must(['show', 'NAME']);
    expect(text).toMatch(new RegExp(`^${one.name} · process · ready · ends \\d\\d:\\d\\d:\\d\\d \\(in \\d min`));
    expect(text).toMatch(/^ {2}engine {3}running$/m);
    expect(text).toMatch(/^ {4}keeper \(pid \d+ on this machine\), by \d\d:\d\d:\d\d at the latest$/m);
    const shown = JSON.parse(await one.must(['show', 'NAME', '--json'])) as Record<string, unknown>;
    expect(shown).toMatchObject({ worker: { name: one.name, status: 'ready' }, history: [] });
    expect(shown).toMatchObject({
      worker: { createdAt: isoTime, ends: { endsAt: isoTime } },
      armed: [{ layer: 'keeper', endsBy: isoTime }],
    });
    const { stdout, stderr } = await one.cli(['list']);
    expect(stdout).toMatch(new RegExp(`^WORKER +BACKEND +STATUS +ENDS +OBJECTS\n${one.name} +process +ready +in \\d min .* +2\n$`));
    expect(stderr).toMatch(/^docker is left out: /);
    const [listed] = JSON.parse(await one.must(['list', '--json'])) as Record<string, unknown>[];
    expect(listed).toMatchObject({ name: one.name, backend: 'process', status: 'ready' });
  });

  test('extend, later and earlier', async () => {
    const before = JSON.parse(await one.must(['extend', 'NAME', '5m', '--json'])) as { from: string; ends: string };
    expect(Date.parse(before.ends) - Date.parse(before.from)).toBe(300_000);
    const back = JSON.parse(await one.must(['extend', 'NAME', '-5m', '--json'])) as { from: string; ends: string };
    expect(back).toEqual({ worker: one.name, from: before.ends, ends: before.from });
    expect(await one.must(['extend', 'NAME', '60'])).toMatch(/ends at \d\d:\d\d:\d\d \(in \d min.*\) instead of \d\d:\d\d:\d\d\.\n$/);
  });

  test('exec: streams apart, exit codes, words as they are', async () => {
    const codes: Record<string, [command: string[], code: number]> = {
      fine: [['true'], 0],
      own: [['sh', '-c', 'exit 7'], 7],
      'not there': [['no-such-command'], 127],
      killed: [['sh', '-c', 'kill -9 $$'], 137],
    };
    for (const [what, [command, code]] of Object.entries(codes))
      expect((await one.cli(['exec', 'NAME', '--', ...command])).code, what).toBe(code);
    const { stdout, stderr } = await one.cli(['exec', 'NAME', '--', 'sh', '-c', 'echo out; echo err >&2']);
    expect([stdout, stderr]).toEqual(['out\n', 'err\n']);
    expect(await one.must(['exec', 'NAME', '--', 'echo', '007', '1e3', '--json', '--', '-'])).toBe('007 1e3 --json -- -\n');
  });

  test('logs', async () => {
    expect((await one.cli(['logs', 'NAME', '--tail', '5'])).code).toBe(0);
  });

  test('logs since: what is known of a local process, and a plain line where nothing is', async () => {
    await one.must(['exec', 'NAME', '--', 'sh', '-c', `echo said >>"$MAYFLY_OBJECT/log"`]);
    expect(await one.cli(['logs', 'NAME', '--since', '1h'])).toMatchObject({ code: 0, stdout: 'said\n', stderr: '' });
    expect(await one.cli(['logs', 'NAME', '--since', '1ms'])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    const { mtimeMs } = await stat(join(one.machine.processDir, one.name, 'engine', 'log'));
    const since = String((Math.floor(mtimeMs) - 1) / 1000);
    const { code, stdout, stderr } = await one.cli(['logs', 'NAME', '--since', since]);
    expect([code, stdout]).toEqual([0, 'said\n']);
    expect(stderr).toMatch(/^mayfly: logs of local processes have no times: .*\n$/);
  });

  test('gc leaves what may live', async () => {
    expect(await one.must(['gc', '--dry-run'])).toBe('Nothing is due.\n');
    expect(await one.must(['gc'])).toBe('Nothing is due.\n');
    expect(JSON.parse(await one.must(['gc', '--json', '--backend', 'process']))).toEqual({
      dry_run: false,
      workers: [],
      caches: [],
      tidied: [],
      unreachable: [],
    });
  });

  test('unlock where nothing is locked, doctor, synth, graph', async () => {
    expect(await one.must(['unlock', 'NAME'])).toBe(`${one.name} is not locked.\n`);
    const doctor = await one.must(['doctor']);
    expect(doctor).toMatch(new RegExp(`^state in ${one.machine.stateDir}$`, 'm'));
    expect(doctor).toMatch(/^ok process: reachable at /m);
    expect(doctor).toMatch(/^ok keeper: alive, pid \d+$/m);
    const printed = await one.must(['synth', 'SPEC']);
    await one.must(['synth', 'SPEC', '--out', 'stack']);
    expect(await readFile(join(one.folder, 'stack', 'cdk.tf.json'), 'utf8')).toBe(printed);
    expect(Object.keys((JSON.parse(printed) as { resource: object }).resource)).toEqual(['mayfly_process']);
    expect(await one.must(['graph', 'SPEC'])).toMatch(/^flowchart LR\n.*mayfly_process.*engine/);
  });

  test('destroy by its spec file, and again', async () => {
    expect(await one.must(['destroy', 'SPEC', '--auto-approve'])).toBe(`${one.name} is destroyed: 2 objects removed.\n`);
    expect(await one.leftAtLast()).toEqual([]);
    expect(await one.must(['destroy', 'NAME', '--auto-approve'])).toBe(`${one.name} has already ended: destroyed.\n`);
    expect(JSON.parse(await one.must(['destroy', 'NAME', '--json', '--auto-approve']))).toMatchObject({ gone_already: true });
    expect(await one.must(['show', 'NAME'])).toMatch(new RegExp(`^${one.name} ended at .*: destroyed\n  engine: was running`));
    expect(await one.must(['list'])).toBe('No workers.\n');
  });
});
