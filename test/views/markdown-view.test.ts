import { describe, expect, test } from 'vitest';
import { markdownPlan } from '../../src/views/markdown-view.js';
import { attribute, change, cloud, planOf } from './support.js';

describe('a plan for a pull request', () => {
  test('one row a change, notes below it', () => {
    const plan = planOf(
      {
        changes: [
          change('docker_container.engine', 'create'),
          change('docker_container.build', 'update', { attributes: [attribute('memory', 64, 128), attribute('cpus', '1', '2')] }),
          change('docker_container.db', 'replace', { attributes: [attribute('image', 'pg:15', 'pg:16', { replaces: true })] }),
          change('docker_container.half', 'replace', { tainted: true }),
          change('docker_volume.old', 'delete'),
          change('docker_volume.same', 'none'),
        ],
      },
      {},
      {
        has: { cpu: 8000, memory: 16_384 },
        price: { currency: 'USD', perHour: 0.054, most: 0.0361, asOf: '2026-05-01' },
        rounded: ['1.0 CPU'],
        unenforced: ['no limit'],
        warnings: ['slow'],
      },
    );
    expect(markdownPlan(plan, cloud)).toBe(`### mayfly plan: w · docker 28.2 (local) · amd64 · lives 10 min once ready

asks 0.5 CPU (share) · 256 MB memory · 1000 MB storage; has 8.0 CPU · 16.0 GB; costs at most $0.037 ($0.054 an hour, prices of 2026-05-01)

| action | resource | details |
| --- | --- | --- |
| create | \`docker_container.engine\` | alpine:3.20 |
| update | \`docker_container.build\` | memory: 64 → 128<br>cpus: 1 → 2 |
| replace | \`docker_container.db\` | image: pg:15 → pg:16 (forces a replacement) |
| replace | \`docker_container.half\` | it was not finished by an earlier apply (forces a replacement) |
| delete | \`docker_volume.old\` | no longer in the spec |

- given: 1.0 CPU
- no limit
- slow

Plan: 3 to add, 1 to change, 3 to destroy.`);
  });

  test('without changes there is neither table nor list', () => {
    expect(markdownPlan(planOf({ changes: [change('docker_volume.a', 'none')] }), cloud))
      .toBe(`### mayfly plan: w · docker 28.2 (local) · amd64 · lives 10 min once ready

asks 0.5 CPU (share) · 256 MB memory · 1000 MB storage

No changes. The worker is what its spec says.`);
  });

  test('an update shows no secret value', () => {
    const attributes = [attribute('env', ['TOKEN=hush-1'], ['TOKEN=hush-2'], { secret: true })];
    const text = markdownPlan(planOf({ changes: [change('docker_container.engine', 'update', { attributes })] }), cloud);
    expect(text).toContain('| update | `docker_container.engine` | env changes |\n');
    expect(text).not.toContain('hush');
  });

  test.each([
    ['a pipe', 'a|b', 'a\\|b'],
    ['a pipe behind a backslash', 'a\\|b', 'a\\\\\\|b'],
    ['an entity', 'a&lt;b', 'a\\&lt;b'],
    ['a tag', '<script>', '\\<script>'],
    ['code, emphasis and links', '`a` *b* _c_ ~d~ [e](f)', '\\`a\\` \\*b\\* \\_c\\_ \\~d\\~ \\[e\\](f)'],
    ['lines', 'a\n\n# b', 'a # b'],
    ['a control character', 'a\u001b[2J', 'a\ufffd\\[2J'],
  ])('%s in a value is text, and ends no cell', (_, value, shown) => {
    const changes = [change('docker_container.engine', 'update', { attributes: [attribute('command', value, 'x')] })];
    const row = markdownPlan(planOf({ changes }), cloud).split('\n')[6];
    expect(row).toBe(`| update | \`docker_container.engine\` | command: ${shown} → x |`);
  });

  test('title and notes are text as well', () => {
    const text = markdownPlan(planOf({}, {}, { title: 'a | <b>', warnings: ['c & d\n- e\u0007'] }), cloud).split('\n');
    expect(text[0]).toBe('### mayfly plan: w · a \\| \\<b> · amd64 · lives 10 min once ready');
    expect(text[4]).toBe('- c \\& d - e\ufffd');
  });
});
