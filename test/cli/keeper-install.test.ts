import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { images } from '../support/docker.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { type Scene, scene } from './scene.js';

/** A program on the PATH that writes down how it was called. */
async function program(one: Scene, name: string, script: string): Promise<{ PATH: string }> {
  const folder = join(one.folder, 'bin');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return { PATH: `${folder}:${process.env.PATH}` };
}

const unit = (one: Scene) => join(one.machine.home, '.config', 'systemd', 'user', 'mayfly-keeper.service');

test('a unit of a workstation is written and started', async () => {
  const one = await scene({ docker: 'unreachable' });
  const env = await program(one, 'systemctl', 'echo "$*" >>"$HOME/systemctl.log"');
  expect(await one.must(['keeper', 'install'], { env })).toContain('mayfly-keeper.service runs');
  const text = await readFile(unit(one), 'utf8');
  expect(text).toMatch(/^ExecStart=".*node.*" ".*dist\/mayfly\.cjs" keeper run --docker$/m);
  expect(text).toContain(`Environment="DOCKER_HOST=${one.env['DOCKER_HOST']}"`);
  expect(text).toMatch(/^Restart=always$/m);
  const calls = await readFile(join(one.machine.home, 'systemctl.log'), 'utf8');
  expect(calls).toBe('--user daemon-reload\n--user enable --now mayfly-keeper.service\n');
});

test('where systemd does not start it, it says why and leaves the units as they were', async () => {
  const one = await scene();
  const env = await program(one, 'systemctl', 'echo "Failed to connect to bus" >&2; exit 1');
  const { code, stderr } = await one.cli(['keeper', 'install'], { env });
  expect(code).toBe(1);
  expect(stderr).toContain('systemd did not start the unit: Failed to connect to bus');
  expect(stderr).toContain('mayfly keeper install --docker');
  await expect(readFile(unit(one), 'utf8')).rejects.toMatchObject({ code: 'ENOENT' });
  await writeFile(unit(one), '# mine\n');
  expect((await one.cli(['keeper', 'install'], { env })).code).toBe(1);
  expect(await readFile(unit(one), 'utf8')).toBe('# mine\n');
});

test('into the daemon: without its image it says how to make it', async () => {
  const docker = await startFakeDocker({ images: [images.busybox] });
  const one = await scene({ docker });
  const { code, stderr } = await one.cli(['keeper', 'install', '--docker']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/mayfly-keeper:\d+\.\d+\.\d+.*the daemon does not have this image/);
  expect(stderr).toContain('docker build');
});

test('a CI job hears that nothing but the sweep outlives it, unless a keeper is inside the daemon', async () => {
  const docker = await startFakeDocker({ images: [images.busybox, 'keeper:1'] });
  const spec = { max_duration: 60, cpu: 10, memory: 16, storage: 10, engine: { image: images.busybox } };
  const one = await scene({ docker, spec });
  const lonely = /its keeper ends with the job/;
  expect(await one.must(['plan', 'SPEC'])).not.toMatch(lonely);
  expect(await one.must(['plan', 'SPEC'], { env: { CI: 'true' } })).toMatch(lonely);
  expect(await one.must(['keeper', 'install', '--docker', '--image', 'keeper:1'])).toContain('mayfly-keeper runs on the Docker daemon');
  expect(await one.must(['plan', 'SPEC'], { env: { CI: 'true' } })).not.toMatch(lonely);
  const { code, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve']);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('mayfly-keeper inside the daemon');
  expect(await one.must(['show', 'NAME'])).toContain('mayfly-keeper inside the daemon');
  await one.must(['destroy', 'NAME', '--auto-approve']);
});
