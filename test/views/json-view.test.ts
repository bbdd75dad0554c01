import { describe, expect, test } from 'vitest';
import { MayflyError } from '../../src/errors.js';
import type { MayflyEvent } from '../../src/events.js';
import type { Output } from '../../src/plan/outputs.js';
import { unknown } from '../../src/plan/values.js';
import { jsonText } from '../../src/views/json-text.js';
import { accessLine, errorLines, eventLineJson, outputDocument, outputsLine, planLines, versionLine } from '../../src/views/json-view.js';
import { attribute, change, cloud, planOf } from './support.js';

const access: Output = {
  value: { addresses: ['192.0.2.1'], port: 8080, disable_tls: false, remote_key: 'hush-1', self_key: 'hush-2' },
  type: 'dynamic',
  sensitive: true,
};
const open: Output = { value: 'w & x | y', type: 'string', sensitive: false };

describe('a plan for programs', () => {
  test('the offer comes first, then drift, then changes, then their sum', () => {
    const plan = planOf({
      refused: [{ backend: 'aws', reasons: ['no region'] }],
      leaseMove: { from: Date.UTC(2026, 0, 2), to: Date.UTC(2026, 0, 3) },
      changes: [
        change('docker_container.engine', 'create'),
        change('docker_volume.same', 'none'),
        change('docker_container.db', 'replace', { attributes: [attribute('image', 'pg:15', 'pg:16', { replaces: true })] }),
        change('docker_container.build', 'update'),
        change('docker_volume.old', 'delete'),
      ],
      drift: [
        { address: 'docker_volume.lost', kind: 'gone', attributes: [] },
        { address: 'docker_container.db', kind: 'changed', attributes: [attribute('env', 'hush-1', 'hush-2', { secret: true })] },
        { address: 'docker_volume.found', kind: 'adopted', attributes: [] },
      ],
    });
    const [offer, ...rest] = planLines(plan, cloud);
    expect(offer).toEqual({
      '@level': 'info',
      '@message': 'w on docker 28.2 (local)',
      type: 'offer',
      offer: plan.offer,
      refused: [{ backend: 'aws', reasons: ['no region'] }],
      lease_move: { from: '2026-01-02T00:00:00.000Z', to: '2026-01-03T00:00:00.000Z' },
      origin: { spec: '/specs/w.json', worker: null, match: 'same', adopt: false },
      copies: [],
    });
    const resource = (type: string, name: string) => ({ addr: `${type}.${name}`, resource_type: type, resource_name: name });
    const drifted = (message: string, of: object) => ({ '@level': 'info', '@message': message, type: 'resource_drift', change: of });
    const planned = (message: string, of: object) => ({ '@level': 'info', '@message': message, type: 'planned_change', change: of });
    expect(rest).toEqual([
      drifted('docker_volume.lost: gone', { resource: resource('docker_volume', 'lost'), action: 'delete', reason: 'gone' }),
      drifted('docker_container.db: changed', { resource: resource('docker_container', 'db'), action: 'update', reason: 'changed' }),
      drifted('docker_volume.found: adopted', { resource: resource('docker_volume', 'found'), action: 'update', reason: 'adopted' }),
      planned('docker_container.engine: plan to create', {
        resource: resource('docker_container', 'engine'),
        action: 'create',
        detail: 'alpine:3.20',
        attributes: [],
      }),
      planned('docker_container.db: plan to replace', {
        resource: resource('docker_container', 'db'),
        action: 'replace',
        attributes: [{ path: 'image', replaces: true, before: 'pg:15', after: 'pg:16' }],
      }),
      planned('docker_container.build: plan to update', {
        resource: resource('docker_container', 'build'),
        action: 'update',
        attributes: [],
      }),
      planned('docker_volume.old: plan to delete', { resource: resource('docker_volume', 'old'), action: 'delete', attributes: [] }),
      {
        '@level': 'info',
        '@message': 'Plan: 2 to add, 1 to change, 2 to destroy.',
        type: 'change_summary',
        changes: { add: 2, change: 1, remove: 2, operation: 'plan' },
      },
    ]);
  });

  test.each(['update', 'replace'] as const)('an %s has no secret value', (action) => {
    const attributes = [
      attribute('env', ['TOKEN=hush-1'], ['TOKEN=hush-2'], { secret: true }),
      attribute('arn', 'old', unknown, { replaces: true }),
      attribute('secret_id', 'hush-3', unknown, { secret: true }),
    ];
    const lines = planLines(planOf({ changes: [change('docker_container.engine', action, { attributes })] }), cloud);
    expect(lines[1]!['change']).toMatchObject({
      attributes: [
        { path: 'env', replaces: false, sensitive: true },
        { path: 'arn', replaces: true, before: 'old', after_unknown: true },
        { path: 'secret_id', replaces: false, sensitive: true },
      ],
    });
    expect(JSON.stringify(lines)).not.toContain('hush');
    expect(JSON.stringify(lines)).not.toContain('known after apply');
  });

  test('an end that stays has no move', () => {
    expect(planLines(planOf(), cloud)[0]).toMatchObject({ lease_move: null });
  });
});

describe('an event for programs', () => {
  const resource = { addr: 'docker_container.engine', resource_type: 'docker_container', resource_name: 'engine' };
  const started: MayflyEvent = { type: 'resource_started', address: 'docker_container.engine', operation: 'create' };

  test.each<[string, MayflyEvent, object]>([
    [
      'a resource that is begun',
      started,
      {
        '@level': 'info',
        '@message': 'docker_container.engine: create started',
        type: 'apply_start',
        hook: { resource, action: 'create' },
      },
    ],
    [
      'a resource that is done: its id and seconds',
      { type: 'resource_done', address: 'docker_container.engine', operation: 'update', id: 'abc', elapsedMs: 1250, worker: 'w' },
      {
        '@level': 'info',
        '@message': 'docker_container.engine: update done',
        type: 'apply_complete',
        hook: { resource, action: 'update', id: 'abc', elapsed_seconds: 1.25 },
        worker: 'w',
      },
    ],
    [
      'a resource that failed: an error with its cause',
      { type: 'resource_failed', address: 'docker_container.engine', operation: 'delete', problem: { cause: 'no such image' } },
      {
        '@level': 'error',
        '@message': 'docker_container.engine: delete failed',
        type: 'apply_errored',
        hook: { resource, action: 'delete', error: 'no such image' },
      },
    ],
    [
      'a warning',
      { type: 'warning', message: 'slow', worker: 'w' },
      { '@level': 'warn', '@message': 'slow', type: 'diagnostic', diagnostic: { severity: 'warning', summary: 'slow' }, worker: 'w' },
    ],
    ['a note', { type: 'note', message: 'hello' }, { '@level': 'info', '@message': 'hello', type: 'note', message: 'hello' }],
    [
      'any other, with all its fields',
      { type: 'ended', worker: 'w', reason: 'expired', why: 'expired after 5 min' },
      { '@level': 'info', '@message': 'ended', type: 'ended', worker: 'w', reason: 'expired', why: 'expired after 5 min' },
    ],
  ])('%s', (_, event, line) => {
    expect(eventLineJson(event)).toEqual(line);
  });
});

describe('outputs for programs', () => {
  test('the line of an apply has no value of a sensitive one', () => {
    expect(outputsLine({ access, open })).toEqual({
      '@level': 'info',
      '@message': 'Outputs: 2',
      type: 'outputs',
      outputs: { access: { sensitive: true, type: 'dynamic' }, open: { sensitive: false, type: 'string', value: 'w & x | y' } },
    });
  });

  test('the access line of an apply has addresses and port alone', () => {
    expect(accessLine('w', { access })).toEqual({
      '@level': 'info',
      '@message': 'w is ready',
      type: 'access',
      worker: 'w',
      access: { addresses: ['192.0.2.1'], port: 8080, disable_tls: false },
      ports: {},
    });
    expect(accessLine('w', {})).toMatchObject({ access: null });
    const ports = { value: { db: '192.0.2.1:15432' }, type: 'dynamic', sensitive: false };
    expect(accessLine('w', { access, ports })).toMatchObject({ ports: { db: '192.0.2.1:15432' } });
  });

  test('`output --json` has all values, as Terraform prints them', () => {
    expect(outputDocument({ access, open })).toEqual({
      access: { sensitive: true, type: 'dynamic', value: access.value },
      open: { sensitive: false, type: 'string', value: 'w & x | y' },
    });
  });
});

describe('errors and other lines for programs', () => {
  test('one diagnostic a problem; the remedy of the whole where a problem has none', () => {
    const error = new MayflyError('spec_invalid', {
      cause: '2 problems',
      remedy: 'see docs/spec.md',
      problems: [
        { place: { file: 'ci.yaml', line: 12, column: 5, path: 'containers[0].memory' }, cause: 'must be a number', remedy: 'write 512' },
        { cause: 'has no name' },
      ],
      log: ['last words'],
    });
    const place = { file: 'ci.yaml', line: 12, column: 5, path: 'containers[0].memory' };
    expect(errorLines(error)).toEqual([
      {
        '@level': 'error',
        '@message': 'Error: ci.yaml:12:5 containers[0].memory: must be a number',
        type: 'diagnostic',
        diagnostic: {
          severity: 'error',
          code: 'spec_invalid',
          summary: 'must be a number',
          detail: 'write 512',
          address: 'containers[0].memory',
          range: place,
          log: ['last words'],
        },
      },
      {
        '@level': 'error',
        '@message': 'Error: has no name',
        type: 'diagnostic',
        diagnostic: { severity: 'error', code: 'spec_invalid', summary: 'has no name', detail: 'see docs/spec.md', log: ['last words'] },
      },
    ]);
  });

  test('a problem without any remedy has an empty detail', () => {
    expect(errorLines(new MayflyError('internal', { cause: 'boom' }))[0]).toMatchObject({ diagnostic: { detail: '' } });
  });

  test('the version line has the version of Terraform’s format too', () => {
    expect(versionLine('0.1.0')).toEqual({ '@level': 'info', '@message': 'mayfly 0.1.0', type: 'version', mayfly: '0.1.0', ui: '1.2' });
  });

  test('times are ISO 8601 in UTC by their names, wherever they are; other numbers stay', () => {
    const at = Date.UTC(2026, 0, 2, 3, 4, 5);
    const value = { createdAt: at, list: [{ endedAt: at, ends: { endsAt: at } }], endsBy: at, now: at, port: 8080, ends: null };
    const time = '"2026-01-02T03:04:05.000Z"';
    expect(jsonText(value)).toBe(
      `{"createdAt":${time},"list":[{"endedAt":${time},"ends":{"endsAt":${time}}}],"endsBy":${time},"now":${time},"port":8080,"ends":null}`,
    );
    expect(jsonText({ ends: at })).toBe(`{"ends":${time}}`);
  });
});
