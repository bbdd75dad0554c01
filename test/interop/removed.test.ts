import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { interopAvailable } from '../support/terraform.js';
import { container, type Inspect, inspectOf, noChanges, planOf, small, type SpecFile, wait } from '../docker/support.js';
import { opinionatedImage } from './specs.js';
import { interopWorker } from './support.js';

const available = dockerAvailable() && (await interopAvailable());

const check = { command: ['true'], interval: 1, timeout: 2, retries: 3 };

/** The part of a container that its image decides where the spec is silent. */
const ofImage = ({ Config: { Cmd, Entrypoint, Healthcheck, Env } }: Inspect) => ({ Cmd, Entrypoint, Healthcheck, Env });

describe.skipIf(!available)('settings that are taken out of a living worker’s spec, or that a provider only says it changes', () => {
  test.for(['embedded', 'terraform'])('%s', async (applier) => {
    const other = applier === 'embedded' ? 'terraform' : 'embedded';
    const image = await opinionatedImage();
    const service = { image, env: { A: 'b' }, healthcheck: check, command: ['exec sleep 1000'] };
    const spec: SpecFile = {
      ...small,
      containers: [container('box')],
      service_containers: [container('svc', service), container('checked', { command: wait(), healthcheck: check })],
    };
    const one = await interopWorker(spec);
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', applier]);
    expect(await planOf(one, { applier: other })).toEqual(noChanges);
    await one.edit({
      containers: [container('box', { command: wait() })],
      service_containers: [container('svc', { image }), container('checked', { command: wait(), healthcheck: { ...check, retries: 7 } })],
    });
    const edited = {
      code: 2,
      drift: [],
      changes: ['replace docker_container.box', 'replace docker_container.checked', 'replace docker_container.svc'],
      attributes: {
        'docker_container.box': ['command', 'entrypoint'],
        'docker_container.checked': ['healthcheck'],
        'docker_container.svc': ['command', 'env', 'healthcheck'],
      },
    };
    for (const planner of [applier, other]) {
      const plan = await planOf(one, { applier: planner });
      expect({ ...plan, changes: plan.changes.sort() }, planner).toEqual(edited);
    }
    await one.must(['apply', 'SPEC', '--auto-approve', '--applier', applier]);
    expect(await planOf(one, { applier })).toEqual(noChanges);
    expect(await planOf(one, { applier: other })).toEqual(noChanges);
    expect(ofImage(await inspectOf(one.name, 'svc'))).toMatchObject({
      Entrypoint: ['/bin/sh', '-c'],
      Cmd: [expect.stringContaining('httpd -p 8080')],
      Healthcheck: { Interval: 1e9, Retries: 4 },
      Env: expect.not.arrayContaining(['A=b']),
    });
    expect(ofImage(await inspectOf(one.name, 'box'))).toMatchObject({ Entrypoint: null, Cmd: wait() });
    expect(ofImage(await inspectOf(one.name, 'checked'))).toMatchObject({ Healthcheck: { Retries: 7 } });
    await one.must(['destroy', 'NAME', '--auto-approve']);
  });
});
