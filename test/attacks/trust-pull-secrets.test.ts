import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseEndpoint } from '../../src/backends/docker/endpoint.js';
import { HttpClient } from '../../src/backends/docker/http-client.js';
import { pullImage } from '../../src/backends/docker/pull.js';
import { registryAuth } from '../../src/backends/shared/registry-auth.js';
import type { MayflyError } from '../../src/errors.js';
import { systemClock } from '../../src/clock.js';
import type { PullSecret } from '../../src/spec/worker-spec.js';
import { scene } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import { api, dockerAvailable, dockerSocket } from '../support/docker.js';
import { until } from '../support/poll.js';
import { type RegistryStub, startRegistry, type StubOptions } from '../support/registry-stub.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { attacks } from './attacks.js';

/** A secret in a config.json or alone, as its file has it. */
const inline = (secret: unknown): PullSecret => ({ from: 'inline', json: JSON.stringify(secret) });
const auth = (user: string, password: string) => ({ auth: Buffer.from(`${user}:${password}`).toString('base64') });
const nothing = { env: { PATH: '/usr/bin:/bin', DOCKER_CONFIG: '/nowhere' }, clock: systemClock };

/** Pulls an image of the stub through the daemon. @returns what went wrong */
async function pull(stub: RegistryStub, secret: PullSecret | null, env: Record<string, string> = nothing.env): Promise<MayflyError | null> {
  const http = new HttpClient(parseEndpoint(`unix://${dockerSocket()}`, null, {}));
  const image = stub.image();
  afterTest(async () => {
    await api('DELETE', `/images/${image}`);
    http.close();
  });
  const context = { emit: () => {}, signal: new AbortController().signal, env, clock: systemClock };
  return pullImage(http, image, secret, context).then(
    () => null,
    (error: MayflyError) => error,
  );
}

/** A credential helper's directory for PATH, and what the helper was asked. */
async function helper(name: string, script: string) {
  const directory = await tempDir('helper');
  writeFileSync(join(directory, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, `docker-credential-${name}`), 0o755);
  return { PATH: `${directory}:/usr/bin:/bin`, DOCKER_CONFIG: '/nowhere' };
}
/** Answers with the key that it was asked for as the password. */
const echoing = `read -r key || true; printf '{"ServerURL":"%s","Username":"helped","Secret":"for %s"}' "$key" "$key"`;

/** What the registry got, and what the user is told, of one pull. */
async function outcome(asks: NonNullable<StubOptions['asks']>, secret: (host: string) => PullSecret | null, env?: Record<string, string>) {
  const stub = await startRegistry({ asks });
  const error = await pull(stub, secret(stub.host), env);
  return { received: stub.received, message: error?.message.replaceAll(stub.host, 'HOST') ?? null, remedy: error?.remedy ?? null };
}
const got = (...received: string[]) => ({ received, message: null, remedy: null });

const header = 'the header is padded base64 of URLs';
const entry = "a registry gets its own entry, by the docker CLI's rules";
const helped = 'credential helpers are run, with a deadline';

attacks(
  'trust: credentials of registries, through a real daemon',
  {
    'every length of a secret': {
      mechanism: header,
      does: 'pulls with secrets of three lengths, of letters whose base64 has + and /',
      right: 'the registry receives each',
      async check() {
        const stub = await startRegistry();
        const passwords = ['p', 'pw', 'pw1', 'ÿ>?~ÿ>?~', 'ÿ>?~ÿ>?~1', 'ÿ>?~ÿ>?~12'];
        const errors = [];
        for (const password of passwords) errors.push(await pull(stub, inline({ username: 'me', password })));
        expect(errors).toEqual([null, null, null, null, null, null]);
        expect(stub.received).toEqual(['me:p', 'me:pw', 'me:pw1', 'me:ÿ>?~ÿ>?~', 'me:ÿ>?~ÿ>?~1', 'me:ÿ>?~ÿ>?~12']);
      },
    },
    'a config.json of other registries alone': {
      mechanism: entry,
      does: 'names a config.json that has other.example.com and Docker Hub',
      right: 'this registry receives nothing, and the sentence says that it has no entry',
      async check() {
        const auths = { 'other.example.com': auth('gh', 'hunter2'), 'https://index.docker.io/v1/': auth('hub', 'hunter2') };
        expect(await outcome('basic', () => inline({ auths }))).toEqual({
          received: [],
          message: 'the pull secret cannot be used: it has no entry for HOST',
          remedy: expect.stringMatching(/^add one \(docker login 127\.0\.0\.1:\d+ writes it\), or omit pull_secret/) as string,
        });
      },
    },
    'its own entry among several': {
      mechanism: entry,
      does: 'has the registry under a URL, after another',
      right: 'the registry receives its own',
      check: async () =>
        expect(
          await outcome('basic', (host) =>
            inline({ auths: { 'other.example.com': auth('gh', 'x'), [`http://${host}/v2/`]: auth('own', 'a:b') } }),
          ),
        ).toEqual(got('own:a:b')),
    },
    'a user name with the address of another registry': {
      mechanism: entry,
      does: 'has username, password and serveraddress other.example.com',
      right: 'this registry receives nothing',
      async check() {
        const found = await outcome('basic', () => inline({ username: 'gh', password: 'hunter2', serveraddress: 'other.example.com' }));
        expect([found.received, found.message]).toEqual([[], 'the pull secret cannot be used: it has no entry for HOST']);
      },
    },
    'a token in place of a password': {
      mechanism: entry,
      does: 'has an identitytoken, as docker login writes it for some registries',
      right: "the registry's token service receives it",
      check: async () =>
        expect(await outcome('token', (host) => inline({ auths: { [host]: { identitytoken: 'tok' } } }))).toEqual(got('token tok')),
    },
    'a helper of this registry': {
      mechanism: helped,
      does: 'has credHelpers for the registry, and a plain entry beside it',
      right: "the registry receives the helper's answer, and the helper was asked for HOST:PORT",
      async check() {
        const stub = await startRegistry();
        const secret = { credHelpers: { [stub.host]: 'echo' }, auths: { [stub.host]: auth('plain', 'x') }, credsStore: 'absent' };
        expect(await pull(stub, inline(secret), await helper('echo', echoing))).toBeNull();
        expect(stub.received).toEqual([`helped:for ${stub.host}`]);
      },
    },
    'the login of the docker CLI': {
      mechanism: entry,
      does: 'names no pull secret, after docker login',
      right: 'the registry receives what docker login stored',
      async check() {
        const stub = await startRegistry();
        const config = await tempDir('docker-config');
        writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [stub.host]: auth('login', 'pw') } }));
        expect(await pull(stub, null, { ...nothing.env, DOCKER_CONFIG: config })).toBeNull();
        expect(stub.received).toEqual(['login:pw']);
      },
    },
    'the login of the docker CLI, in a service': {
      mechanism: 'a service does not use the logins of its own user',
      does: 'sends a spec without a pull secret to a service, for an image of a registry to which its user is logged in',
      right: 'the registry receives nothing, and refuses',
      async check() {
        const stub = await startRegistry();
        const config = await tempDir('docker-config');
        writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [stub.host]: auth('login', 'pw') } }));
        const env = { ...nothing.env, DOCKER_CONFIG: config };
        const refused = await pull(stub, null, { ...env, MAYFLY_DOCKER_LOGINS: 'no' });
        expect([refused?.code, stub.received]).toEqual(['image_unavailable', []]);
        expect([await pull(stub, null, { ...env, MAYFLY_DOCKER_LOGINS: 'yes' }), stub.received]).toEqual([null, ['login:pw']]);
      },
    },
    'a store that is not there any more, and a public image': {
      mechanism: helped,
      does: "has a credsStore in docker's configuration whose program is gone",
      right: 'the image is pulled; where the registry refuses it, the message says why there were no credentials',
      async check() {
        const config = await tempDir('docker-config');
        writeFileSync(join(config, 'config.json'), JSON.stringify({ credsStore: 'gone' }));
        const env = { ...nothing.env, DOCKER_CONFIG: config };
        expect(await outcome('open', () => null, env)).toEqual(got());
        const refused = await outcome('basic', () => null, env);
        expect(refused.remedy).toContain('docker-credential-gone is not in PATH');
      },
    },
    'a whole worker': {
      mechanism: header,
      does: 'applies a spec whose pull_secret is a config.json beside it',
      right: 'the registry receives its own entry, and no output has the password',
      async check() {
        const stub = await startRegistry();
        const image = stub.image();
        afterTest(() => api('DELETE', `/images/${image}`));
        const one = await scene({
          docker: 'real',
          spec: specs.docker({ engine: { image, command: ['/none'], pull_secret: 'file:config.json' } }),
        });
        writeFileSync(
          join(one.folder, 'config.json'),
          JSON.stringify({ auths: { 'other.example.com': auth('gh', 'x'), [stub.host]: auth('ci', 'hunter2') } }),
        );
        const { code, stdout, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve']);
        // The image has no program; it was pulled.
        expect([code, stub.received, (await api('GET', `/images/${image}/json`)).status]).toEqual([1, ['ci:hunter2'], 200]);
        expect(stdout + stderr).not.toContain('hunter2');
      },
    },
  },
  { unless: !dockerAvailable() },
);

/** Without a daemon: what an image would be pulled with, or the sentence. */
const asked = (secret: unknown, image = 'example.com/a/b', env: Record<string, string> = nothing.env, clock = systemClock) =>
  registryAuth(typeof secret === 'string' ? { from: 'inline', json: secret } : inline(secret), image, { env, clock }).catch(
    (error: MayflyError) => error.message,
  );

attacks('trust: which credentials are whose', {
  ...Object.fromEntries(
    ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io', 'https://registry-1.docker.io/v2/'].map((key) => [
      `Docker Hub as ${key}`,
      {
        mechanism: entry,
        does: `has Hub's entry under ${key}`,
        right: 'each spelling of a Hub image gets it, and no other registry does',
        async check() {
          const secret = { auths: { [key]: auth('hub', 'pw') } };
          const hub = { username: 'hub', password: 'pw', serveraddress: 'https://index.docker.io/v1/' };
          for (const image of [
            'busybox',
            'team/app:1',
            'docker.io/library/busybox',
            'index.docker.io/team/app',
            `app@sha256:${'0'.repeat(64)}`,
          ])
            expect(await asked(secret, image), image).toEqual(hub);
          for (const image of ['localhost/app', 'example.com/docker.io/app', 'docker.io:5000/app', 'docker.io.example.com/app'])
            expect(await asked(secret, image), image).toMatch(/it has no entry for/);
        },
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries({
      'a string': '"hunter2 hunter2"',
      'a list': '["hunter2"]',
      'a number': '42',
      'a config of another shape': '{"auths": ["hunter2"]}',
      'a key of Object': '{"auths": {"constructor": {"auth": "aHVudGVyMg=="}}}',
      'an entry that is no base64 of USER:PASSWORD': JSON.stringify({ auths: { 'example.com': { auth: 'aHVudGVyMg==' } } }),
      'an empty entry': '{"auths": {"example.com": {}}}',
      'words that are none of its own': '{"token": "hunter2"}',
    }).map(([name, json]) => [
      name,
      {
        mechanism: 'a secret is parsed at one boundary, and nothing of it is sent or shown as it is',
        does: `has a secret that is ${name}`,
        right: 'one sentence that holds nothing of it',
        async check() {
          const message = await asked(json);
          expect(message).toMatch(/^the pull secret cannot be used: [^\n]+$/);
          expect(message).not.toMatch(/hunter2|aHVudGVyMg/);
        },
      },
    ]),
  ),
  'helpers of Hub and of all registries': {
    mechanism: helped,
    does: 'has credsStore alone',
    right: 'Hub is asked for by its key, another registry by its name',
    async check() {
      const env = await helper('echo', echoing);
      expect(await asked({ credsStore: 'echo' }, 'busybox', env)).toEqual({
        username: 'helped',
        password: 'for https://index.docker.io/v1/',
        serveraddress: 'https://index.docker.io/v1/',
      });
      expect(await asked({ credsStore: 'echo' }, 'example.com/a', env)).toMatchObject({ password: 'for example.com' });
    },
  },
  'what a helper answers': {
    mechanism: helped,
    does: 'answers with a token, with "not found", with nonsense, with a failure, or is not there',
    right: 'a token is one; all else is a sentence without what may be secret',
    async check() {
      const answer = async (script: string) => asked({ credHelpers: { 'example.com': 'it' } }, 'example.com/a', await helper('it', script));
      expect(await answer(`echo '{"Username":"<token>","Secret":"tok"}'`)).toEqual({ identitytoken: 'tok', serveraddress: 'example.com' });
      const cannot = 'the pull secret cannot be used: ';
      expect(await answer(`echo 'credentials not found in native keychain'; exit 1`)).toBe(`${cannot}it has no entry for example.com`);
      expect(await answer('echo hunter2')).toBe(`${cannot}docker-credential-it did not answer with a user name and a secret`);
      expect(await answer(`echo '{"Secret":"hunter2"}'; exit 3`)).toBe(`${cannot}docker-credential-it failed with exit code 3`);
      expect(await answer('echo the keychain is locked >&2; exit 1')).toBe(`${cannot}docker-credential-it failed: the keychain is locked`);
      expect(await asked({ credHelpers: { 'example.com': 'absent' } })).toBe(`${cannot}docker-credential-absent is not in PATH`);
      expect(await asked({ credHelpers: { 'example.com': '../../bin/sh' } })).toBe(
        `${cannot}"../../bin/sh" cannot be the name of a credential helper`,
      );
    },
  },
  'a helper that waits for a person': {
    mechanism: helped,
    does: 'never answers, nor do the programs that it started',
    right: 'after 30 s a sentence, and none of its processes is left',
    async check() {
      const directory = await tempDir('pids');
      const env = await helper('slow', `sleep 1000 & echo $! >${directory}/pid.tmp; mv ${directory}/pid.tmp ${directory}/pid; wait`);
      let timeUp = () => {};
      const waited: number[] = [];
      const clock = { now: () => 0, sleep: (ms: number) => new Promise<void>((resolve) => (waited.push(ms), (timeUp = resolve))) };
      const over = asked({ credsStore: 'slow' }, 'example.com/a', env, clock);
      await until('it runs', () => existsSync(join(directory, 'pid')));
      const stat = `/proc/${readFileSync(join(directory, 'pid'), 'utf8').trim()}/stat`;
      timeUp();
      expect(await over).toBe('the pull secret cannot be used: docker-credential-slow did not answer within 30 s');
      expect(waited).toEqual([30_000]);
      // Gone, or dead and not buried yet.
      await until('its child has ended', () => !existsSync(stat) || / Z /.test(readFileSync(stat, 'utf8')));
    },
  },
});
