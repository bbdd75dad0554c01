import { images } from '../support/docker.js';

/** Seconds, as a spec has them. */
export interface Lifetime {
  create_timeout: number;
  max_duration: number;
}

/** Too long for any keeper of the daemon to end it while a test looks. */
export const hours: Lifetime = { create_timeout: 600, max_duration: 3600 };

/** Milliseconds after which the `hours` of every worker are over. */
export const pastDeadline = 3 * 3600 * 1000;

const small = { image: images.busybox, cpu: 50, memory: 32, storage: 32 };

/** An engine and nothing else. */
export function smallSpec(name: string, lifetime: Lifetime): Record<string, unknown> {
  const { image, ...size } = small;
  return { name, ...lifetime, ...size, backend: 'docker', engine: { image, command: ['httpd', '-f', '-p', '8080'], port: 8080 } };
}

/** One of everything: an engine with a port, an executor, a service with a healthcheck, a volume on disk and one in memory. `interval` is the healthcheck's, in seconds. */
export function fullSpec(name: string, lifetime: Lifetime, interval = 0.2): Record<string, unknown> {
  const worker = smallSpec(name, lifetime);
  return {
    ...worker,
    // Its keeper also has a socket to serve, and to take away.
    engine: { ...(worker['engine'] as object), exec: true },
    volumes: [
      { name: 'work', storage: 8, medium: 'disk' },
      { name: 'quick', storage: 4, medium: 'memory' },
    ],
    containers: [{ name: 'build', ...small, mounts: [{ name: 'work', mount_point: '/work' }] }],
    service_containers: [
      {
        name: 'db',
        ...small,
        command: ['sleep', '100000'],
        mounts: [{ name: 'quick', mount_point: '/quick' }],
        healthcheck: { command: ['CMD', 'true'], interval, timeout: 5, retries: 3, start_period: 0 },
      },
    ],
  };
}
