import { describe, expect, test } from 'vitest';
import { EngineError } from '../../../src/backends/docker/http-client.js';
import { explain } from '../../../src/backends/docker/resources/refusals.js';
import type { MayflyError } from '../../../src/errors.js';

const oci = 'failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ';

/** Words of real daemons (20.10 to 28). */
const cases: Record<string, [status: number, message: string, code: string, cause: RegExp, remedy: RegExp]> = {
  'an engine that has ended': [
    409,
    'cannot join network of a non running container: 4f5e',
    'backend_refused',
    /^the engine, whose network it joins, does not run: cannot join/,
    /why the engine ended/,
  ],
  'a container that something else removed': [
    404,
    'No such container: 4f5e',
    'backend_refused',
    /^a container of the worker was removed by another program/,
    /apply again/,
  ],
  'a program that is not there': [
    400,
    `${oci}exec: "nope": executable file not found in $PATH: unknown`,
    'backend_refused',
    /^its command cannot be run in its image: /,
    /check the command/,
  ],
  'a script that is no program': [
    500,
    `${oci}exec: "/run.sh": permission denied: unknown`,
    'backend_refused',
    /^its command cannot be run in its image: /,
    /check the command/,
  ],
  'a volume over a file': [
    400,
    `${oci}error during container init: error mounting "/var/lib/docker/volumes/v/_data" to rootfs at "/etc/passwd": mount /etc/passwd: not a directory: unknown`,
    'backend_refused',
    /^a volume cannot be mounted/,
    /mount_point/,
  ],
  'too little memory': [
    400,
    'Minimum memory limit allowed is 6MB',
    'backend_refused',
    /^docker refused it: /,
    /cpu and memory of the spec/,
  ],
  'a port in use': [
    500,
    'driver failed programming external connectivity on endpoint w: Bind for 0.0.0.0:80 failed: port is already allocated',
    'port_in_use',
    /^driver failed/,
    /free the port/,
  ],
  'a full disk': [500, 'mkdir /var/lib/docker/overlay2/x: no space left on device', 'storage_full', /no space/, /docker system df/],
  'no addresses left': [
    500,
    'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
    'backend_refused',
    /^the daemon's networks have no free addresses: /,
    /end some workers/,
  ],
  'a machine at its limits': [
    500,
    `${oci}fork/exec /proc/self/exe: resource temporarily unavailable: unknown`,
    'backend_refused',
    /^the daemon's machine has no resources left: /,
    /end some workers/,
  ],
  'an invalid field': [
    400,
    'invalid reference format',
    'backend_refused',
    /^docker refused it: invalid/,
    /correct what it names in the spec/,
  ],
  "anything else is the daemon's trouble": [500, 'containerd: connection error', 'backend_refused', /^docker refused it: /, /daemon's log/],
};

describe("a daemon's refusal to make or start a container", () => {
  test.each(Object.entries(cases))('%s', (_name, [status, message, code, cause, remedy]) => {
    const told = explain(new EngineError(status, message, 'POST /containers/x/start'), {}) as MayflyError;
    expect(told.code).toBe(code);
    expect(told.message).toMatch(cause);
    expect(told.remedy).toMatch(remedy);
    expect(told.remedy).not.toContain('change the spec accordingly');
  });

  test('a missing image is named', () => {
    const told = explain(new EngineError(404, 'No such image: a:1', 'POST /containers/create'), { image: 'a:1' }) as MayflyError;
    expect([told.code, told.message]).toEqual(['image_unavailable', 'a:1: No such image: a:1']);
  });

  test('other errors stay as they are', () => {
    const error = new Error('else');
    expect(explain(error, {})).toBe(error);
  });
});
