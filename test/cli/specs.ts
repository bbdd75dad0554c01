import { createServer } from 'node:net';
import { images } from '../support/docker.js';
import type { SpecFile } from './scene.js';

const small = { max_duration: 300, create_timeout: 30, cpu: 50, memory: 64, storage: 20 };

/** Megabytes for a local process of Node: Node 24 reserves 512 MB for compiled code, and the limit counts them. */
export const forNode = 768;

/** Waits until TERM. */
export const waiting = ['sh', '-c', "trap 'exit 0' TERM; echo up; echo late >&2; while :; do sleep 1000 & wait $!; done"];

/** Workers of the tests, smallest first; `more` is put over them. */
export const specs = {
  process: (more: SpecFile = {}): SpecFile => ({ ...small, engine: { command: waiting }, ...more }),
  server: (port: number, more: SpecFile = {}): SpecFile => ({
    ...small,
    memory: forNode,
    engine: {
      command: ['node', '-e', `require('http').createServer((q, r) => r.end('hello')).listen(${port}, '127.0.0.1')`],
      port,
    },
    ...more,
  }),
  docker: (more: SpecFile = {}): SpecFile => ({ ...small, engine: { image: images.busybox, command: waiting }, ...more }),
  /** For the fake daemon. */
  fake: (more: SpecFile = {}): SpecFile => ({ ...small, engine: { image: 'busybox:1' }, ...more }),
};

/** A port that nobody has just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
