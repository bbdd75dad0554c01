import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { formatStack } from '../../src/state/worker-directory.js';
import { mustRunCli } from '../support/run-cli.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { tempDir } from '../support/temp-dir.js';
import { golden } from './specs.js';
import { offerOf, specOf, stackOf } from './support.js';

/** What cdktf's own App looks at. */
const cdktfEnv = {
  CDKTF_CONTEXT_JSON: '{"excludeStackIdFromLogicalIds":"true","allowSepCharsInLogicalIds":"true"}',
  CDKTF_OUTDIR: 'elsewhere',
  CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS: '1',
  CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
  SYNTH_HCL_OUTPUT: 'true',
};

describe('synthesis', () => {
  test('touches no disk and reads no environment', async () => {
    const directory = await tempDir('synth');
    const entry = join(directory, 'synth.mjs');
    await build({
      stdin: {
        contents: `export { synthesizeAs } from './synthesize.js'; export { DockerStack } from './docker.js';`,
        resolveDir: new URL('../../stacks', import.meta.url).pathname,
      },
      outfile: entry,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    const { spec, backend } = golden['docker-ci']!;
    const parsed = specOf(spec);
    await writeFile(join(directory, 'input.json'), JSON.stringify({ spec: parsed, offer: offerOf(parsed, backend), longest: 2_592_000 }));
    const empty = await tempDir('cwd');
    // The permission model lets the process read, and fails whatever it would write.
    const script = `
      import { readFileSync } from 'node:fs';
      const { synthesizeAs, DockerStack } = await import(${JSON.stringify(pathToFileURL(entry).href)});
      const input = JSON.parse(readFileSync(${JSON.stringify(join(directory, 'input.json'))}, 'utf8'));
      console.log(JSON.stringify(synthesizeAs(DockerStack, input), null, 2));`;
    const flag = Number(process.versions.node.split('.')[0]) >= 23 ? '--permission' : '--experimental-permission';
    const args = [flag, '--allow-fs-read=*', '--no-warnings', '--input-type=module', '-e', script];
    const out = execFileSync(process.execPath, args, { cwd: empty, env: { PATH: process.env.PATH, ...cdktfEnv }, encoding: 'utf8' });
    expect(out).toBe(formatStack(stackOf(spec, backend)));
    expect(readdirSync(empty)).toEqual([]);
  });

  test.each(['docker-engine', 'docker-ci'])('%s: the bundle that users run gives the same bytes', async (name) => {
    const { spec } = golden[name]!;
    const fake = await startFakeDocker({ images: ['alpine:3.20'] });
    const directory = await tempDir('bundle');
    await writeFile(join(directory, 'worker.json'), JSON.stringify(spec));
    const out = await mustRunCli(['synth', join(directory, 'worker.json')], {
      cwd: directory,
      env: { DOCKER_HOST: fake.host, ...cdktfEnv },
    });
    expect(`${out.trimEnd()}\n`).toBe(formatStack(stackOf(spec)));
    expect(readdirSync(directory)).toEqual(['worker.json']);
  });
});
