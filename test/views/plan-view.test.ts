import { describe, expect, test } from 'vitest';
import type { Plan } from '../../src/plan/plan.js';
import { unknown } from '../../src/plan/values.js';
import { noPaint } from '../../src/views/paint.js';
import { humanPlan, summary } from '../../src/views/plan-view.js';
import { attribute, change, cloud, marks, planOf } from './support.js';

const lines = (plan: Plan) => humanPlan(plan, cloud, noPaint).split('\n');
/** The part below the head. */
const changesOf = (plan: Plan) => lines(plan).slice(4, -2);

describe('the head of a plan', () => {
  test('says what is asked, and which backend was chosen', () => {
    expect(lines(planOf()).slice(0, 3)).toEqual([
      '  w · docker 28.2 (local) · amd64 · lives 10 min once ready',
      '  asks 0.5 CPU (share) · 256 MB memory · 1000 MB storage',
      '  on docker, the first backend that accepts',
    ]);
  });

  test('a backend that was asked for is no choice', () => {
    expect(lines(planOf({ asked: true }))[2]).toBe('  on docker, as asked');
  });

  test('each backend that refused shows its first reason, and the number of the others', () => {
    const refused: Plan['refused'] = [
      { backend: 'process', reasons: ['no images'] },
      { backend: 'aws', reasons: ['no region', 'no subnet', 'no role'] },
    ];
    expect(lines(planOf({ refused })).slice(3, 5)).toEqual(['  not on process: no images', '  not on aws: no region (and 2 more)']);
  });

  test('all that an offer says: the host, the price, what is rounded, not enforced, or worth a warning', () => {
    const plan = planOf(
      {},
      {},
      {
        has: { cpu: 8000, memory: 16_384 },
        price: { currency: 'USD', perHour: 0.054, most: 0.0361, asOf: '2026-05-01' },
        rounded: ['cpu: 1.0 CPU for the 0.5 CPU asked'],
        unenforced: ['volumes have no limit'],
        warnings: ['the host is slow'],
      },
    );
    expect(lines(plan).slice(1, 7)).toEqual([
      '  asks 0.5 CPU (share) · 256 MB memory · 1000 MB storage      has 8.0 CPU · 16.0 GB',
      '  costs at most $0.037 ($0.054 an hour, prices of 2026-05-01)',
      '  on docker, the first backend that accepts',
      '  ≈ cpu: 1.0 CPU for the 0.5 CPU asked',
      '  ! volumes have no limit',
      '  ! the host is slow',
    ]);
  });

  test('colours: the title, the choice, warnings', () => {
    const text = humanPlan(planOf({}, {}, { warnings: ['slow'] }), cloud, marks);
    expect(text.split('\n')).toEqual([
      '  bold(w · docker 28.2 (local) · amd64 · lives 10 min once ready)',
      '  asks 0.5 CPU (share) · 256 MB memory · 1000 MB storage',
      'dim(  on docker, the first backend that accepts)',
      'yellow(  ! slow)',
      '',
      'green(No changes.) The worker is what its spec says.',
    ]);
  });
});

describe('the changes of a plan', () => {
  test('each kind has its sign, and none is left out; what stays as it is has no line', () => {
    const plan = planOf({
      changes: [
        change('docker_container.engine', 'create'),
        change('docker_container.build', 'update', { attributes: [attribute('memory', 64, 128)] }),
        change('docker_container.db', 'replace', { attributes: [attribute('image', 'pg:15', 'pg:16', { replaces: true })] }),
        change('docker_volume.old', 'delete'),
        change('docker_volume.same', 'none'),
      ],
    });
    expect(humanPlan(plan, cloud, marks).split('\n').slice(4)).toEqual([
      '  green(+)   docker_container.engine        alpine:3.20',
      '  yellow(~)   docker_container.build         in place',
      '        memory: 64 → 128',
      '  red(-)/green(+) docker_container.db            replaced',
      '        image: pg:15 → pg:16 (forces a replacement)',
      '  red(-)   docker_volume.old              no longer in the spec',
      '',
      'bold(Plan:) 2 to add, 1 to change, 2 to destroy.',
    ]);
  });

  test('without a replacement signs take one character', () => {
    const changes = [change('docker_container.engine', 'update', { attributes: [attribute('memory', null, 128)] })];
    expect(changesOf(planOf({ changes }))).toEqual(['  ~ docker_container.engine        in place', '      memory: none → 128']);
  });

  test('addresses longer than their column move it', () => {
    const changes = [change(`docker_container.${'a'.repeat(20)}`, 'delete'), change('docker_volume.b', 'delete')];
    expect(changesOf(planOf({ changes }))).toEqual([
      '  - docker_container.aaaaaaaaaaaaaaaaaaaa  no longer in the spec',
      '  - docker_volume.b                        no longer in the spec',
    ]);
  });

  test('an object of an interrupted apply says why it is replaced, and not what else differs', () => {
    const changes = [change('docker_container.engine', 'replace', { tainted: true, attributes: [attribute('memory', 1, 2)] })];
    expect(changesOf(planOf({ changes }))).toEqual([
      '  -/+ docker_container.engine        replaced',
      '        it was not finished by an earlier apply (forces a replacement)',
    ]);
  });

  test.each(['update', 'replace'] as const)('an %s shows no secret value', (action) => {
    const attributes = [
      attribute('env', ['TOKEN=hush-1'], ['TOKEN=hush-2'], { secret: true, replaces: action === 'replace' }),
      attribute('secret_id', 'hush-3', unknown, { secret: true }),
      attribute('arn', 'a', unknown),
    ];
    const text = humanPlan(planOf({ changes: [change('docker_container.engine', action, { attributes })] }), cloud, noPaint);
    expect(text).not.toContain('hush');
    expect(
      text
        .split('\n')
        .slice(5, 8)
        .map((line) => line.trim()),
    ).toEqual([
      action === 'replace' ? 'env changes (forces a replacement)' : 'env changes',
      'secret_id changes',
      'arn is known after apply',
    ]);
  });
});

describe('what changed outside mayfly', () => {
  test('objects that are gone, changed or adopted', () => {
    const plan = planOf({
      drift: [
        { address: 'docker_container.engine', kind: 'gone', attributes: [] },
        {
          address: 'docker_container.db',
          kind: 'changed',
          attributes: [attribute('memory', 64, 32, { replaces: true }), attribute('cpus', '1', '2')],
        },
        { address: 'docker_volume.a', kind: 'adopted', attributes: [] },
        { address: 'docker_volume.b', kind: 'adopted', attributes: [] },
      ],
    });
    expect(lines(plan).slice(3)).toEqual([
      '',
      '  Adopted by their labels, since no state here knows them: docker_volume.a, docker_volume.b',
      '',
      '  Changed outside mayfly:',
      '    docker_container.engine        is gone',
      '    docker_container.db            memory: 64 → 32, cpus: 1 → 2',
      '',
      'No changes. The worker is what its spec says.',
    ]);
  });

  test('a secret value that changed there is not shown either', () => {
    const attributes = [attribute('env', ['TOKEN=hush-1'], ['TOKEN=hush-2'], { secret: true })];
    const plan = planOf({ drift: [{ address: 'docker_container.engine', kind: 'changed', attributes }] });
    expect(lines(plan)[5]).toBe('    docker_container.engine        env changes');
  });
});

describe('the last line of a plan', () => {
  const created = [change('docker_container.engine', 'create')];

  test.each<[string, Partial<Plan>, string]>([
    ['nothing', {}, 'No changes. The worker is what its spec says.'],
    // create_timeout 600 s and max_duration 600 s.
    ['a new worker', { changes: created }, 'Plan: 1 to add, 0 to change, 0 to destroy. Ends 20 min after apply starts at the latest.'],
    ['a part of a worker', { changes: [...created, change('docker_volume.a', 'none')] }, 'Plan: 1 to add, 0 to change, 0 to destroy.'],
    [
      'a later end alone',
      { changes: [change('docker_volume.a', 'none')], leaseMove: { from: 0, to: Date.UTC(2026, 0, 2, 3, 4, 5) } },
      'Plan: 0 to add, 0 to change, 0 to destroy. Its end moves to 2026-01-02T03:04:05.000Z.',
    ],
    [
      'an output alone',
      { changes: [change('docker_volume.a', 'none')], outputs: ['access'] },
      'Plan: 0 to add, 0 to change, 0 to destroy.',
    ],
  ])('of %s', (_, more, line) => {
    expect(summary(planOf(more), noPaint)).toBe(line);
  });
});

describe('texts of others in a plan', () => {
  test('control characters and ends of lines reach no terminal, and long values are cut', () => {
    const attributes = [attribute('command', 'a\nb\u001b[2J\u202ec', 'x'.repeat(61)), attribute('user', 'y'.repeat(60), ['\u001b', '\t'])];
    const plan = planOf(
      { changes: [change('docker_container.engine', 'update', { attributes })], refused: [] },
      {},
      {
        title: 'docker\u001b[31m',
        warnings: ['slow\u0007'],
      },
    );
    expect(lines(plan)).toEqual([
      '  w · docker\ufffd[31m · amd64 · lives 10 min once ready',
      '  asks 0.5 CPU (share) · 256 MB memory · 1000 MB storage',
      '  on docker, the first backend that accepts',
      '  ! slow\ufffd',
      '',
      '  ~ docker_container.engine        in place',
      `      command: a b\ufffd[2J\ufffdc → ${'x'.repeat(59)}…`,
      `      user: ${'y'.repeat(60)} → ["\\u001b","\\t"]`,
      '',
      'Plan: 0 to add, 1 to change, 0 to destroy.',
    ]);
  });
});
