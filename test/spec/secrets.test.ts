import { describe, expect, test } from 'vitest';
import { base, failure, visible } from './support.js';

const secret = 'hunter2';
const engine = (line: string) => `${base}engine:\n  image: alpine\n  ${line}\n`;

describe('values from the environment are in no error', () => {
  const one = 'image: a, cpu: 1, memory: 6';
  const cases: Record<string, string> = {
    name: `${base}name: \${env:S}!\n`,
    arch: `${base}arch: \${env:S}\n`,
    memory: base.replace('256', '${env:S}'),
    interval: engine('healthcheck: {command: x, interval: "${env:S}"}'),
    pull_secret: engine('pull_secret: "${env:S}"'),
    bind: `${base}access: {bind: "\${env:S}"}\n`,
    'a mount of no volume': `${base}containers:\n  - {name: a, ${one}, storage: 0, mounts: [{name: "\${env:S}", mount_point: /a}]}\n`,
    'the volume that was meant': `${base}volumes: [{name: "\${env:S}", storage: 1}]\ncontainers:\n  - {name: a, ${one}, storage: 1, mounts: [{name: hunter3, mount_point: /a}]}\n`,
    'a name twice': `${base}volumes: [{name: "\${env:S}", storage: 1}]\ncontainers:\n  - {name: "\${env:S}", ${one}, storage: 1}\n`,
    'beside another mistake': `${base}tags: ["\${env:S}"]\nid: 5\n`,
  };
  test.each(Object.entries(cases))('%s', (_name, text) => {
    expect(visible(failure(text, { env: { S: secret } }))).not.toContain(secret);
  });

  test('the variable is named instead', () => {
    expect(failure(base.replace('256', '${env:S}'), { env: { S: secret } }).message).toBe(
      'must be a whole number of MB, got the value of ${env:S}',
    );
  });

  test('nor are sizes that rules compare', () => {
    const env = { S: '31337' };
    const text = `${base}volumes: [{name: a, storage: "\${env:S}"}]\ncontainers:\n  - {name: b, ${one}, storage: 5, mounts: [{name: a, mount_point: /a}]}\n`;
    const error = failure(text, { env });
    expect(error.problems).toHaveLength(2);
    expect(visible(error)).not.toContain('31337');
  });
});

describe('secrets written in the file are in no error', () => {
  const cases: Record<string, string> = {
    'pull_secret of no kind': engine(`pull_secret: ${secret}`),
    'pull_secret of broken JSON': engine(`pull_secret: '{"password": ${secret}'`),
    'pull_secret of a bad variable': engine(`pull_secret: env:${secret}!`),
    'pull_secret a list': engine(`pull_secret: [${secret}]`),
    'variables a list': engine(`env: [PASSWORD=${secret}]`),
    'variables in a flow mapping': engine(`env: {PASSWORD=${secret}}`),
    'variables as a text': engine(`env: PASSWORD=${secret}`),
    'variables nested': engine(`env: {PASSWORD: [${secret}]}`),
    'a NUL in a variable': engine(`env: {PASSWORD: "${secret}\\0"}`),
    'a NUL in a command': engine(`command: "login ${secret}\\0"`),
    'key of a request': `${base}mode: {distribution_secret_key: {key: [${secret}]}}\n`,
    'a file that is only the secret': secret,
    'broken quotes': engine(`env: {PASSWORD: "${secret}}`),
    'a key without a colon': engine(`env:\n    PASSWORD ${secret}\n  port: 5`),
    'an unexpected token': engine(`env: {PASSWORD: ] ${secret}}`),
    'an unknown tag': engine(`env: {PASSWORD: !${secret} x}`),
    'a bad escape': engine(`env: {PASSWORD: "\\q${secret}"}`),
  };
  test.each(Object.entries(cases))('%s', (_name, text) => {
    expect(visible(failure(text))).not.toContain(secret);
  });
});
