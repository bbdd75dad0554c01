import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { MayflyError } from '../../src/errors.js';
import { parseSpec } from '../../src/spec/parse.js';
import { fileOf, workerSpec } from './arbitrary.js';
import { base, options, request } from './support.js';

vi.setConfig({ testTimeout: 60_000 });

// fast-check prints the seed of a failure; give it here to run it again.
const seed = { seed: Number(process.env.MAYFLY_TEST_SEED ?? Date.now()) };

test('any valid spec, written as YAML, is read back the same', () => {
  fc.assert(
    fc.property(workerSpec, (spec) => {
      expect(parseSpec(stringify(fileOf(spec)), options).spec).toEqual(spec);
    }),
    { ...seed, numRuns: 200 },
  );
});

test('any valid spec, written as JSON, is read back the same', () => {
  fc.assert(
    fc.property(workerSpec, fc.constantFrom(0, 2, '\t'), (spec, indent) => {
      expect(parseSpec(JSON.stringify(fileOf(spec), null, indent), options).spec).toEqual(spec);
    }),
    { ...seed, numRuns: 200 },
  );
});

/** Whatever is wrong is one MayflyError, and each problem says where in the text, why, and what to do. */
function refusedWell(text: string): void {
  try {
    parseSpec(text, options);
  } catch (error) {
    expect(error).toBeInstanceOf(MayflyError);
    const { code, problems } = error as MayflyError;
    expect(code).toBe('spec_invalid');
    expect(problems.length).toBeGreaterThan(0);
    const lines = text.split('\n');
    for (const { place, cause, remedy } of problems) {
      expect(cause).toMatch(/\S/);
      expect(remedy).toMatch(/\S/);
      expect(place?.line).toBeLessThanOrEqual(lines.length);
      expect(place?.column).toBeLessThanOrEqual((lines[(place?.line ?? 0) - 1]?.length ?? 0) + 1);
    }
    const order = problems.map(({ place }) => (place?.line ?? 0) * 1e6 + (place?.column ?? 0));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  }
}

test('any text is read or refused well', () => {
  const yamlish = fc.array(
    fc.constantFrom(
      'a',
      'name',
      ': ',
      '- ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '"',
      "'",
      '|',
      '>',
      '&a',
      '*a',
      '!t',
      '#',
      '?',
      '%',
      '---',
      '\t',
      '${env:A}',
      '$${env:',
      '\\',
      '0',
      'null',
      '<<',
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        yamlish.map((parts) => parts.join('')),
      ),
      refusedWell,
    ),
    { ...seed, numRuns: 1000 },
  );
});

test('any cut or change of a spec is read or refused well', () => {
  const change = fc.record({
    at: fc.nat(),
    length: fc.nat(8),
    text: fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), fc.constantFrom('\n', ': ', '- ', '*x', '&x ', '${env:', '{', '[', '"')),
  });
  const whole = fc.oneof(
    fc.constant(request),
    fc.constant(base),
    workerSpec.map((spec) => stringify(fileOf(spec))),
  );
  fc.assert(
    fc.property(whole, fc.array(change, { minLength: 1, maxLength: 4 }), (text, changes) => {
      refusedWell(
        changes.reduce((now, { at, length, text: by }) => {
          const start = at % (now.length + 1);
          return now.slice(0, start) + by + now.slice(start + length);
        }, text),
      );
    }),
    { ...seed, numRuns: 400 },
  );
});

test('any value in any place is read or refused well', () => {
  fc.assert(
    fc.property(workerSpec, fc.nat(), fc.jsonValue(), (spec, at, value) => {
      const file = fileOf(spec);
      const paths = pathsOf(file);
      const path = paths[at % paths.length] ?? [];
      const parent = path.slice(0, -1).reduce<Record<string, unknown>>((object, key) => object[key] as Record<string, unknown>, file);
      parent[path.at(-1) ?? ''] = value;
      refusedWell(JSON.stringify(file, null, 1));
    }),
    { ...seed, numRuns: 400 },
  );
});

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [[key], ...pathsOf(one).map((rest) => [key, ...rest])]);
}
