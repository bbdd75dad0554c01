import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scene } from './scene.js';

/** Says its version; else listens where it is told to and answers with its arguments and keys. */
const standIn = `#!/usr/bin/env node
const [command, ...rest] = process.argv.slice(2);
if (command === '--version') console.log('melodium 0.11.0');
else {
  const value = (name) => rest[rest.indexOf(name) + 1];
  const { MELODIUM_DIST_RECV_KEY: recv, MELODIUM_DIST_SEND_KEY: send, MELODIUM_GROUP_ID: group } = process.env;
  const answer = JSON.stringify({ arguments: [command, ...rest].join(' '), recv, send, group });
  require('node:http').createServer((_, res) => res.end(answer)).listen(Number(value('--port')), value('--ip'));
}
`;

test('a Mélodium engine as a local process: the program on the PATH, its version checked', async () => {
  const one = await scene({ spec: { version: '0.11.0', max_duration: 60, cpu: 10, memory: 768, storage: 10, group_id: 'ours' } });
  const folder = join(one.folder, 'bin');
  await mkdir(folder);
  await writeFile(join(folder, 'melodium'), standIn);
  await chmod(join(folder, 'melodium'), 0o755);
  const env = { PATH: `${folder}:${process.env.PATH}` };
  await one.must(['apply', 'SPEC', '--auto-approve'], { env });
  const { access } = JSON.parse(await one.must(['output', 'NAME', '--json'])) as {
    access: { value: { addresses: string[]; port: number; remote_key: string; self_key: string } };
  };
  const { addresses, port, remote_key, self_key } = access.value;
  const answer = await (await fetch(`http://${addresses[0]}:${port}`)).json();
  expect(answer).toEqual({
    arguments: 'dist --ip 127.0.0.1 --port 8080 --wait 660 --duration 2592000 --localhost',
    recv: remote_key,
    send: self_key,
    group: 'ours',
  });
  await one.write({ version: '0.10.2', max_duration: 60, cpu: 10, memory: 768, storage: 10 });
  const { code, stderr } = await one.cli(['plan', 'SPEC'], { env });
  expect(code).toBe(3);
  expect(stderr).toContain('the `melodium` on the PATH is 0.11.0, and the spec asks for 0.10.2');
  await one.must(['destroy', 'NAME', '--auto-approve']);
});
