import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseSpec } from '../../src/spec/parse.js';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/ci.md'), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => text!);
const spec = blocks[0]!;
const command = "sh -c 'pip install -q . && pytest --junitxml=junit.xml'";

test('the spec of docs/ci.md is the example of five lines and a cache', () => {
  const example = readFileSync(join(root, 'examples/five-lines.yaml'), 'utf8').replace(/\$\{env:\w+:-([^}]+)\}/g, '$1');
  const lines = example.split('\n').filter((line) => !line.startsWith('#'));
  expect(lines.filter(Boolean)).toHaveLength(5);
  expect(spec.split('\n').filter((line) => !line.startsWith('caches:'))).toEqual(lines);
  expect(parseSpec(spec, { file: 'ci.yaml', defaultName: 'ci', directory: '/', env: {} }).warnings).toEqual([]);
});

test('README has the example too', () => {
  const withoutCache = spec.replace(/^caches:.*\n/m, '');
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`\`\`\`yaml\n${withoutCache}\`\`\`\n`);
});

test('each pipeline is YAML, and runs the job', () => {
  const [, github, gitlab, buildkite] = blocks.map((text) => parse(text) as unknown);
  expect(github).toMatchObject({
    jobs: { test: { steps: [{}, {}, {}, { run: expect.stringMatching(/^exec mayfly run ci\.yaml /) }, {}] } },
  });
  expect(JSON.stringify(github)).toContain(command);
  expect(gitlab).toMatchObject({ test: { script: [expect.stringMatching(/^mayfly run ci\.yaml /)] } });
  expect(JSON.stringify(gitlab)).toContain(command);
  expect(buildkite).toMatchObject({ steps: [{ command: '.buildkite/test.sh' }] });
  expect(page).toMatch(/# \.buildkite\/test\.sh[^]*?\nexec mayfly run ci\.yaml /);
});
