import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { container, small, worker } from '../../docker/support.js';
import { dockerAvailable } from '../../support/docker.js';

/** Each secret of the spec, by the place that it is in. */
const marks = { env: 'mark-env', container: 'mark-container', content: 'mark-content', key: 'mark-key', pull: 'mark-pull' };

/** Names of the secrets in a text, also in base64. */
function found(text: string): string[] {
  return Object.entries(marks)
    .filter(([, mark]) => text.includes(mark) || text.includes(Buffer.from(mark).toString('base64')))
    .map(([name]) => name);
}

/** The files of a directory that hold secrets, with their modes. */
function filesWithSecrets(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => ({ name, path: join(directory, name) }))
    .filter(({ path }) => statSync(path).isFile())
    .flatMap(({ name, path }) => {
      const secrets = found(readFileSync(path, 'latin1'));
      return secrets.length === 0 ? [] : [`${name.split('/').at(-1)} ${(statSync(path).mode & 0o777).toString(8)}: ${secrets.join()}`];
    })
    .toSorted();
}

describe.skipIf(!dockerAvailable())('the secrets of a worker', () => {
  test('are in private files of its directory while it lives, nowhere after its end, and never in events', async () => {
    const one = await worker({
      ...small,
      mode: { distribution_secret_key: { key: marks.key } },
      engine: {
        ...(small['engine'] as object),
        env: { A: marks.env },
        files: [{ to: '/a', content: marks.content }],
        pull_secret: JSON.stringify({ username: 'me', password: marks.pull }),
      },
      containers: [container('build', { env: { B: marks.container } })],
    });
    const printed: string[] = [];
    const print = async (...args: string[]) => {
      const { stdout, stderr } = await one.must(args);
      printed.push(stdout, stderr);
    };
    await print('plan', 'SPEC', '--json');
    await print('plan', 'SPEC');
    await print('apply', 'SPEC', '--auto-approve', '--json');
    await print('show', 'NAME', '--json');
    await print('list', '--json');
    expect(filesWithSecrets(one.machine.stateDir)).toEqual([
      'cdk.tf.json 600: env,container,content',
      'terraform.tfstate 600: env,container,content,key',
      'terraform.tfvars.json 600: key',
    ]);
    await print('destroy', 'NAME', '--auto-approve', '--json');
    await print('show', 'NAME', '--json');
    expect(filesWithSecrets(one.machine.stateDir)).toEqual([]);
    expect(printed.flatMap(found)).toEqual([]);
  });
});
