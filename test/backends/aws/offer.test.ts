import type { AwsFacts } from '../../../src/backends/aws/names.js';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeOffer } from '../../../src/backends/aws/offer.js';
import type { Offer } from '../../../src/spec/offer.js';
import { parseSpec } from '../../../src/spec/parse.js';
import { account, box, engine, offerOf, specOf } from './support.js';

const open = 'access: {cidrs: [203.0.113.0/24], public: true}\n';

const facts: AwsFacts = {
  kind: 'aws',
  addresses: [],
  region: 'eu-west-1',
  account: '123456789012',
  partition: 'aws',
  owner: 'arn:aws:iam::123456789012:user/ci',
  cluster: 'mayfly',
  vpc: 'vpc-0a',
  subnets: ['subnet-0a', 'subnet-0b'],
  needsPublicAddress: false,
  shape: { cpu: 512, memory: 1024, storage: null },
};

test('what Fargate can do is accepted, with the account and the shape for the stack', () => {
  expect(offerOf(`engine: {image: alpine, port: 8080, healthcheck: {command: 'true', retries: 3}}\n${open}`)).toEqual({
    backend: 'aws',
    endpoint: 'ecs:eu-west-1/mayfly',
    accepted: true,
    reasons: [],
    unenforced: [
      'the storage that containers write is not enforced: all of a task share its disk, which is reserved in this size and limited as a whole',
    ],
    rounded: [
      'memory: 1.0 GB for the 256 MB asked, the least that goes with 0.5 CPU',
      'storage: 20.0 GB, which every task has, for the 2.1 GB needed with its images',
    ],
    warnings: [],
    title: 'aws eu-west-1 (123456789012)',
    arch: 'amd64',
    asks: { cpu: 500, memory: 256, storage: 100 },
    has: null,
    price: expect.objectContaining({ currency: 'USD' }),
    facts,
    keeper: null,
  } satisfies Offer);
});

test('the example is accepted, for less than it says that it may cost', () => {
  const file = fileURLToPath(new URL('../../../examples/aws.yaml', import.meta.url));
  const { spec } = parseSpec(readFileSync(file, 'utf8'), { file, defaultName: 'aws', directory: dirname(file), env: {} });
  const { accepted, reasons, price } = makeOffer(spec, account);
  expect(reasons).toEqual([]);
  expect(accepted).toBe(true);
  expect(price!.most).toBeLessThan(spec.max_cost!);
});

test('arm64 where it is asked for', () => expect(offerOf(`${engine}arch: arm64\n`)).toMatchObject({ accepted: true, arch: 'arm64' }));

describe('refused with one plain reason', () => {
  const boxes = (count: number) => `containers:\n${Array.from({ length: count }, (_, index) => box(`box-${index}`)).join('')}`;
  const secret = { env: { BIG: 'x'.repeat(70_000) } };
  const cases: Record<string, [Offer, RegExp]> = {
    'an engine that runs commands in its containers': [
      offerOf(`engine: {image: alpine, exec: true}\n${boxes(1)}`),
      /runs commands in its containers.*ECS Exec is interactive only, loses exit codes and ends after 20 idle minutes: use the docker backend, or/,
    ],
    'a Mélodium engine with containers': [
      offerOf(`version: 0.11.0\naccess: {tls: false}\n${boxes(1)}`),
      /runs commands in its containers.*use the docker backend/,
    ],
    'a Mélodium engine that speaks TLS': [offerOf('version: 0.11.0\n'), /certificate is valid for 127\.0\.0\.1.*set access\.tls: false/],
    'neither an engine nor a version': [
      offerOf('access: {tls: false}\n'),
      /neither an engine of its own nor a version of the Mélodium engine: add/,
    ],
    'a volume in memory': [
      offerOf(`${engine}volumes: [{name: fast, storage: 10, medium: memory}, {name: work, storage: 10}]\n`),
      /no volumes in memory: use medium: disk for fast$/,
    ],
    'an engine without an image': [offerOf('engine: {command: serve}\n'), /images only, and engine has none: add an image/],
    'a container without an image': [
      offerOf(`${engine}containers: [{name: a, command: x, cpu: 1, memory: 6, storage: 0}]\n`),
      /images only, and a has none/,
    ],
    'more containers than a task has': [offerOf(engine + boxes(10)), /has 11 containers with its engine.*at most 10: use fewer/],
    'more cpu than a task has': [
      offerOf(`${engine}containers: [{name: a, image: b, cpu: 16000, memory: 6, storage: 0}]\n`),
      /16\.5 CPU in all.*ask for less/,
    ],
    'a definition larger than ECS takes': [
      offerOf(`engine: {image: alpine, env: {BIG: ${'x'.repeat(66_000)}}}\n`),
      /would take about 66 KB, and ECS accepts 64 KB: move long env/,
    ],
    'secrets larger than one holds': [
      offerOf('engine: {image: alpine, env: {BIG: "${env:BIG}"}}\n', {}, secret),
      /from the environment take about 69 KB, and a secret of AWS holds 64 KB: pass less/,
    ],
    'a name too long for a role': [
      offerOf(`name: ${'w'.repeat(31)}\n${engine}`, { region: 'xx-very-long-region-1' }),
      /mayfly-w+-xx-very-long-region-1-execution, and IAM accepts 64 characters: give the worker a shorter name/,
    ],
    'more networks than a security group takes': [
      offerOf(
        `engine: {image: alpine, port: 1}\naccess: {cidrs: [${Array.from({ length: 61 }, (_, index) => `10.0.${index}.0/24`).join(', ')}]}\n`,
      ),
      /names 61 networks, and a security group accepts 60: name larger ones/,
    ],
    'more than it may cost': [
      makeOffer({ ...specOf(engine), max_cost: 0.001 }, account),
      /may cost \$0\.0046 \(\$0\.025 an hour for 660 s\), and max_cost is \$0\.0010: ask for less/,
    ],
    'a sum that nobody can tell': [
      offerOf(`${engine}max_cost: 1\n`, { region: 'mx-central-1' }),
      /max_cost is \$1\.00, and the prices of Fargate in mx-central-1 are not in mayfly's table: omit max_cost, or use one of us-east-1,/,
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [{ accepted, reasons }, reason]) => {
    expect(reasons).toEqual([expect.stringMatching(reason)]);
    expect(accepted).toBe(false);
  });
});

describe('what is within the limits is accepted', () => {
  const cases: Record<string, Offer> = {
    'nine containers and the engine': offerOf(
      `${engine}containers:\n${Array.from({ length: 9 }, (_, index) => box(`box-${index}`)).join('')}`,
    ),
    'a Mélodium engine by itself': offerOf('version: 0.11.0\naccess: {tls: false}\n'),
    'an engine of 60 KB of environment': offerOf(`engine: {image: alpine, env: {BIG: ${'x'.repeat(60_000)}}}\n`),
    'a long name in the region with the longest name': offerOf(`name: ${'w'.repeat(31)}\n${engine}`, { region: 'ap-southeast-1' }),
    'just what it may cost': makeOffer({ ...specOf(engine), max_cost: offerOf(engine).price!.most }, account),
    'a region without prices, and no limit': offerOf(engine, { region: 'mx-central-1' }),
  };
  test.each(Object.entries(cases))('%s', (_name, { accepted, reasons }) => {
    expect(reasons).toEqual([]);
    expect(accepted).toBe(true);
  });
});

describe('what is given instead of what is asked', () => {
  const healthy = (more: string) => `${engine}service_containers:\n${box('db', `, healthcheck: {command: 'true', ${more}}`)}`;
  const cases: Record<string, [Offer, string[]]> = {
    'memory that comes with the cpu': [offerOf(engine), ['memory: 1.0 GB for the 256 MB asked, the least that goes with 0.5 CPU']],
    'cpu that comes with the memory': [
      offerOf(`${engine}containers: [{name: a, image: b, cpu: 1, memory: 4000, storage: 0}]\n`),
      ['cpu: 1.0 CPU for the 0.501 CPU asked', 'memory: 5.0 GB for the 4.2 GB asked'],
    ],
    'more cpu than the next size': [
      offerOf(`${engine}containers: [{name: a, image: b, cpu: 1, memory: 9000, storage: 0}]\n`),
      ['cpu: 2.0 CPU for the 0.501 CPU asked, since less does not go with 10.0 GB', 'memory: 10.0 GB for the 9.0 GB asked'],
    ],
    'storage beyond what every task has': [
      offerOf(`${engine}containers: [{name: a, image: b, cpu: 1, memory: 800, storage: 30000}]\n`),
      [
        'cpu: 1.0 CPU for the 0.501 CPU asked',
        'memory: 2.0 GB for the 1.0 GB asked, the least that goes with 1.0 CPU',
        'storage: 34.0 GB for the 33.4 GB needed with its images',
      ],
    ],
    'a healthcheck beyond the limits': [
      offerOf(healthy('interval: 500ms, timeout: 100, retries: 12, start_period: 10m')),
      [
        'healthcheck of db: interval 5 s for the 0.5 s asked, timeout 60 s for the 100 s asked, retries 10 for the 12 asked, start_period 300 s for the 600 s asked',
      ],
    ],
    'a healthcheck of a fraction of seconds': [
      offerOf(healthy('interval: 5500ms, retries: 3')),
      ['healthcheck of db: interval 6 s for the 5.5 s asked'],
    ],
    "an engine's healthcheck": [
      offerOf("engine: {image: alpine, healthcheck: {command: 'true', timeout: 1}}\n"),
      ['healthcheck of engine: timeout 2 s for the 1 s asked, retries 10 for the 12 asked'],
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [{ rounded }, lines]) => {
    expect(rounded).toEqual(expect.arrayContaining(lines));
  });

  test('nothing where it is just a shape', () => {
    const exact = 'engine: {image: alpine}\ncontainers: [{name: a, image: alpine, cpu: 500, memory: 1792, storage: 18332}]\n';
    expect(offerOf(exact).rounded).toEqual([]);
  });
});

test('each limit that is not enforced is a line', () => {
  const text = `${engine}volumes: [{name: work, storage: 10}, {name: cache, storage: 10}]\ncontainers:\n${box('a')}`;
  expect(offerOf(text).unenforced).toEqual([
    expect.stringMatching(/^the size of work, cache is not enforced/),
    expect.stringMatching(/^the storage that containers write is not enforced/),
  ]);
  const request = `version: 0.11.0\naccess: {tls: false, cidrs: [10.0.0.0/8]}\ncontainers:\n${box('a')}`;
  expect(offerOf(request).unenforced[1]).toBe(
    'cpu of each container is not enforced: it is a share: a container takes what the others of its task leave',
  );
});

describe('warnings', () => {
  const quiet = (more: string) => `engine: {image: alpine, port: 8080, healthcheck: {command: 'true'}}\n${more}`;
  const cases: Record<string, [Offer, RegExp[]]> = {
    none: [offerOf(quiet(open)), []],
    'a port that nobody reaches': [
      offerOf(quiet('access: {public: true}\n')),
      [/the engine's port 8080 cannot be reached: access\.cidrs is empty/],
    ],
    'networks and no port': [offerOf(`${engine}${open}`), [/access\.cidrs opens nothing/]],
    'everybody, by IPv4': [offerOf(quiet('access: {cidrs: [0.0.0.0/0], public: true}\n')), [/everybody may reach the engine's port 8080/]],
    'everybody, by IPv6': [offerOf(quiet('access: {cidrs: ["::/0"], public: true}\n')), [/everybody/]],
    'an address to bind to': [
      offerOf(quiet('access: {bind: 0.0.0.0, cidrs: [10.0.0.0/8], public: true}\n')),
      [/access\.bind is ignored.*access\.cidrs and access\.public/],
    ],
    'no public address': [offerOf(quiet('access: {cidrs: [10.0.0.0/8]}\n')), [/no public address: its subnets need a NAT gateway/]],
    'a port without a healthcheck': [offerOf(`engine: {image: alpine, port: 8080}\n${open}`), [/no healthcheck.*needs sh, cat and grep/]],
    'a long life': [makeOffer({ ...specOf(quiet(open)), max_duration: 604_800 }, account), [/more than 7 days: AWS may replace its task/]],
    'a region without prices': [
      offerOf(quiet(open), { region: 'mx-central-1' }),
      [/its cost is unknown: mayfly's table has no Fargate prices for mx-central-1/],
    ],
  };
  test.each(Object.entries(cases))('%s', (_name, [{ warnings }, lines]) => {
    expect(warnings).toEqual(lines.map((line) => expect.stringMatching(line)));
  });
});

describe('the price that an offer has', () => {
  const region = { region: 'us-east-1' };

  test('is for the time to get ready as well', () => {
    const { price } = offerOf(`create_timeout: 3540\n${engine}`, region);
    expect(price!.most).toBeCloseTo(price!.perHour, 10);
  });

  test('has a public address in it wherever there is one', () => {
    const own = offerOf(engine, region).price!.perHour;
    expect(offerOf(engine, { ...region, needsPublicAddress: true }).price!.perHour - own).toBeCloseTo(0.005, 10);
    expect(offerOf(`${engine}access: {public: true}\n`, region).price!.perHour - own).toBeCloseTo(0.005, 10);
  });
});
