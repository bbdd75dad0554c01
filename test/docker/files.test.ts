import { describe, expect, test } from 'vitest';
import { dockerAvailable, images } from '../support/docker.js';
import { container, inspectOf, noChanges, planOf, small, type Worker, worker } from './support.js';

describe.skipIf(!dockerAvailable())('files of a container', () => {
  const exec = async (one: Worker, name: string, script: string) =>
    (await one.must(['exec', 'NAME', name, '--', 'sh', '-c', script], { env: { TOKEN: 'hush-1' } })).stdout;

  test('they are there when it starts, with mode and owner; a changed one replaces the container', async () => {
    const files = [
      { to: '/etc/deep/token', content: '${env:TOKEN}', mode: '0600', owner: '1000:100' },
      { to: '/run.sh', content: '#!/bin/sh\ncat /etc/deep/token /work/seed >/seen\nexec sleep 1000\n', mode: '0755' },
      { to: '/work/seed', content: ' grows' },
    ];
    const mounts = [{ name: 'work', mount_point: '/work' }];
    const one = await worker(
      { ...small, volumes: [{ name: 'work', storage: 10 }], containers: [container('build', { command: ['/run.sh'], files, mounts })] },
      { env: { TOKEN: 'hush-1' } },
    );
    const { stdout, stderr } = await one.apply();
    expect(await exec(one, 'build', 'stat -c "%a %u:%g" /etc/deep/token /run.sh; cat /seen')).toBe('600 1000:100\n755 0:0\nhush-1 grows');
    expect(await planOf(one)).toEqual(noChanges);
    one.env['TOKEN'] = 'hush-2';
    expect(await planOf(one)).toMatchObject({
      changes: ['replace docker_container.build'],
      attributes: { 'docker_container.build': ['upload'] },
    });
    const applied = await one.apply();
    expect(await exec(one, 'build', 'cat /seen')).toBe('hush-2 grows');
    const { Config } = await inspectOf(one.name, 'build');
    for (const text of [stdout, stderr, applied.stdout, applied.stderr, JSON.stringify(Config.Labels)]) expect(text).not.toContain('hush');
    expect((await one.cli(['plan', 'SPEC', '--applier', 'terraform'])).stderr).toMatch(
      /cannot set the owner of files, and build asks for it|no `?terraform/,
    );
  });

  test('PostgreSQL accepts a key that only it may read, and SQL is there to run', async () => {
    const containers = [container('probe', { image: images.postgres, entrypoint: ['sleep', '1000'], env: { PGPASSWORD: 'x' } })];
    const one = await worker({ ...small, containers });
    await one.apply();
    const owner = (await exec(one, 'probe', 'printf %s:%s $(id -u postgres) $(id -g postgres)')).trim();
    const snakeoil = (path: string) => exec(one, 'probe', `cat /etc/ssl/${path}`);
    const files = [
      { to: '/tls/key', content: await snakeoil('private/ssl-cert-snakeoil.key'), mode: '0600', owner },
      { to: '/tls/cert', content: await snakeoil('certs/ssl-cert-snakeoil.pem') },
    ];
    const command = ['postgres', '-c', 'ssl=on', '-c', 'ssl_key_file=/tls/key', '-c', 'ssl_cert_file=/tls/cert'];
    const psql = 'psql -qtA "host=localhost user=postgres sslmode=require"';
    const load = { command: ['sh', '-c', `until ${psql} -f /init.sql; do sleep 0.2; done`], env: { PGPASSWORD: 'x' }, once: true };
    await one.edit({
      service_containers: [
        container('db', { image: images.postgres, memory: 128, env: { POSTGRES_PASSWORD: 'x' }, command, files }),
        container('load', { ...load, image: images.postgres, files: [{ to: '/init.sql', content: 'create table t as select 42 as n;' }] }),
      ],
    });
    await one.apply();
    expect(await exec(one, 'probe', `${psql} -c "select n from t"`)).toBe('42\n');
  });
});
