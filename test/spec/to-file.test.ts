import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/parse.js';
import { toSpecFile } from '../../src/spec/to-file.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { workerSpec } from './arbitrary.js';
import { options } from './support.js';

const seed = { seed: Number(process.env.MAYFLY_TEST_SEED ?? Date.now()) };
const credentials = '{"auths":{"b":{}}}';

/** With the credentials in the place of their names. */
function inlined(spec: WorkerSpec): WorkerSpec {
  const secret = <T extends Pick<WorkerSpec['containers'][number], 'pull_secret'>>(one: T): T => ({
    ...one,
    pull_secret: one.pull_secret && { from: 'inline', json: credentials },
  });
  return {
    ...spec,
    engine: spec.engine && secret(spec.engine),
    containers: spec.containers.map(secret),
    service_containers: spec.service_containers.map(secret),
  };
}

test('the file of any spec, with the credentials in it, is read back the same', () => {
  fc.assert(
    fc.property(workerSpec, (spec) => {
      fc.pre(!JSON.stringify(spec).includes('${env:'));
      const file = toSpecFile(spec, () => credentials);
      expect(parseSpec(JSON.stringify(file), options).spec).toEqual(inlined(spec));
    }),
    { ...seed, numRuns: 200 },
  );
});

test('bytes that are no text are refused with the place', () => {
  const { spec } = parseSpec('max_duration: 1\nengine: {image: a}\n', { ...options, name: 'one' });
  const engine = { ...spec.engine!, files: [{ to: '/a', content: '/w==', mode: '0644', owner: null }] };
  expect(() => toSpecFile({ ...spec, engine }, () => '')).toThrowError('is not UTF-8 text, and a server takes no other files');
});

test('fields without a value are left out, an empty command is not', () => {
  const { spec } = parseSpec('max_duration: 1\nengine: {image: a}\n', { ...options, name: 'one' });
  const file = toSpecFile({ ...spec, engine: { ...spec.engine!, command: [] } }, () => '');
  expect(Object.keys(file)).not.toContain('copy');
  expect(Object.keys(file.access as object)).toEqual(['bind', 'tls', 'public']);
  expect(file.engine).toMatchObject({ command: [] });
});
