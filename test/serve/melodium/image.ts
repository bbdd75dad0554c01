import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { images, must } from '../../support/docker.js';
import { afterTest, tempDir, uniqueName } from '../../support/temp-dir.js';

export interface EngineImage {
  /** The value of MELODIUM_IMAGES_PULL_SOURCE with which a request of version 0.11.0 gets the image. */
  source: string;
  /** The certificate of the engine. */
  ca: string;
}

/**
 * Makes the images of a recorded request: the stand-in engine, and its container's. The engine's certificate is valid for the loopback
 * addresses only, as the real one's. The engine's image is removed after the test.
 */
export async function engineImage(): Promise<EngineImage> {
  const directory = await tempDir('engine');
  const file = (name: string) => join(directory, name);
  const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=engine'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1,IP:::1', '-keyout', file('key.pem'), '-out', file('certificate.pem')],
  ]);
  await copyFile(join(import.meta.dirname, 'engine.cjs'), file('engine.cjs'));
  for (const name of ['key.pem', 'certificate.pem', 'engine.cjs']) chmodSync(file(name), 0o644);
  const container = docker('create', images.node, 'node');
  docker('cp', `${directory}/.`, `${container}:/`);
  const entrypoint = ['--change', 'ENTRYPOINT ["node", "/engine.cjs"]', '--change', 'CMD []'];
  const source = `mayfly-test/${uniqueName('tls')}`;
  const id = docker('commit', ...entrypoint, container, `${source}/melodium:0.11.0-alpine-docker`);
  docker('rm', container);
  afterTest(() => must('DELETE', `/images/${id}?force=1`));
  await must('POST', `/images/${images.busybox}/tag?repo=busybox&tag=local`);
  return { source, ca: await readFile(file('certificate.pem'), 'utf8') };
}
