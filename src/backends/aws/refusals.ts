import { awsNames } from './names.js';
import { everySource } from '../../spec/sources.js';
import { ownLimits } from '../../spec/cpu-limit.js';
import { engineExecs, melodiumMissing } from '../../spec/melodium.js';
import type { Price } from '../../spec/offer.js';
import { dollars } from '../../spec/units.js';
import {
  asImage,
  type ContainerSpec,
  engineName,
  type EngineSpec,
  lifetime,
  type RunningSpec,
  type WorkerSpec,
} from '../../spec/worker-spec.js';
import { awsCapabilities as capabilities, maxContainers } from './capabilities.js';
import { priceTable } from './price-table.js';

/** Limits of AWS. Sources: the service quotas of ECS, Secrets Manager, IAM and VPC. None of them can be raised freely. */
const most = {
  /** Bytes of a task definition. */
  definition: 65_536,
  /** Bytes of a secret. */
  secret: 65_536,
  /** Characters of a role's name. */
  roleName: 64,
  /** Inbound rules of a security group. */
  rules: 60,
};

/** Bytes of a container's definition that come from no spec: its log, names of secrets, the engine's own variables. */
const overhead = 1024;

type Part = Pick<ContainerSpec, 'name' | 'image' | 'command' | 'env' | 'secret_env' | 'healthcheck' | keyof RunningSpec>;

/** Reasons why Fargate cannot run this spec, one sentence each with its remedy. Sizes are checked in `shape.ts`. */
export function refusals(spec: WorkerSpec, region: string): string[] {
  const parts = partsOf(spec);
  return [
    ...engineRefusals(spec),
    ...runRefusals(spec),
    ...imageRefusals(spec),
    ...memoryVolumes(spec),
    ...sharedMemory(parts),
    ...fileRefusals(parts),
    ...cpuLimits(spec),
    ...(spec.caches.length > 0 ? [`caches are for the docker backend: ${capabilities.caches.says}`] : []),
    ...copies(spec),
    ...countRefusals(spec),
    ...sizeRefusals(parts),
    ...nameRefusals(spec, region),
    ...ruleRefusals(spec),
    ...portRefusals(spec),
    ...sourceRefusals(spec),
  ];
}

/** Reasons because of `max_cost`. `price`: `null` if the region has none. */
export function costRefusals(spec: WorkerSpec, price: Price | null, region: string): string[] {
  const { max_cost } = spec;
  if (max_cost === null) return [];
  if (price === null) {
    return [
      `max_cost is ${dollars(max_cost)}, and the prices of Fargate in ${region} are not in mayfly's table: omit max_cost, or use one of ${Object.keys(priceTable.regions).join(', ')}`,
    ];
  }
  if (price.most <= max_cost) return [];
  return [
    `it may cost ${dollars(price.most)} (${dollars(price.perHour)} an hour for ${lifetime(spec)} s), and max_cost is ${dollars(max_cost)}: ask for less, or for less time`,
  ];
}

function partsOf({ engine, containers, service_containers }: WorkerSpec): Part[] {
  const none: Omit<EngineSpec, 'port' | 'exec' | 'pull_secret'> = {
    image: null,
    command: null,
    ...asImage,
    env: {},
    secret_env: [],
    healthcheck: null,
  };
  return [{ name: engineName, ...(engine ?? none) }, ...containers, ...service_containers];
}

function engineRefusals(spec: WorkerSpec): string[] {
  const reasons: string[] = [];
  if (spec.engine === null) {
    reasons.push(...melodiumMissing(spec));
    if (spec.access.tls) {
      reasons.push(
        "the Mélodium engine's certificate is valid for 127.0.0.1 and ::1 only, but a task has another address: set access.tls: false",
      );
    }
  }
  if (engineExecs(spec)) {
    reasons.push(
      `the engine runs commands in its containers, and ${capabilities.exec.says}: use the docker backend, or run them in the engine's own image`,
    );
  }
  return reasons;
}

function runRefusals({ artifacts, retain }: WorkerSpec): string[] {
  const fields = [...(artifacts.length > 0 ? ['artifacts'] : []), ...(retain ? ['retain'] : [])];
  if (fields.length === 0) return [];
  return [
    `${fields.join(' and ')} need \`mayfly run\`, and ${capabilities.artifacts.says}: let the command upload its files, or use the docker backend`,
  ];
}

function imageRefusals({ engine, containers, service_containers }: WorkerSpec): string[] {
  const all = [...(engine ? [{ name: engineName, image: engine.image }] : []), ...containers, ...service_containers];
  const without = all.filter(({ image }) => !image).map(({ name }) => name);
  return without.length > 0 ? [`Fargate runs images only, and ${without.join(', ')} has none: add an image`] : [];
}

function memoryVolumes({ volumes }: WorkerSpec): string[] {
  const names = volumes.filter(({ medium }) => medium === 'memory').map(({ name }) => name);
  return names.length > 0 ? [`${capabilities.memoryVolumes.says}: use medium: disk for ${names.join(', ')}`] : [];
}

function sharedMemory(parts: readonly Part[]): string[] {
  const names = parts.filter(({ shm_size }) => shm_size !== null).map(({ name }) => name);
  return names.length > 0 ? [`${capabilities.sharedMemory.says}: remove it from ${names.join(', ')}, or use the docker backend`] : [];
}

function cpuLimits(spec: WorkerSpec): string[] {
  const names = ownLimits(spec).map(({ name }) => name);
  return names.length > 0 ? [`${capabilities.cpuLimit.says}: remove cpu_limit of ${names.join(', ')}, or use the docker backend`] : [];
}

function copies({ copy }: WorkerSpec): string[] {
  return copy.length > 0 ? [`copy needs commands in a container, and ${capabilities.copy.says}: put the files into an image`] : [];
}

function fileRefusals(parts: readonly Part[]): string[] {
  const names = parts.filter(({ files }) => files.length > 0).map(({ name }) => name);
  return names.length > 0 ? [`${capabilities.files.says}: put those of ${names.join(', ')} into its image, or use the docker backend`] : [];
}

function countRefusals({ containers, service_containers }: WorkerSpec): string[] {
  const count = 1 + containers.length + service_containers.length;
  if (count <= maxContainers) return [];
  return [
    `it has ${count} containers with its engine, and a task of Fargate has at most ${maxContainers}: use fewer, or use another backend`,
  ];
}

/** Reasons because of sizes. They are estimates: references in a definition grow when their values are known. */
function sizeRefusals(parts: readonly Part[]): string[] {
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const isSecret = (part: Part, name: string) => part.secret_env.includes(name);
  const plain = parts.map((part) => ({ ...part, env: Object.entries(part.env).filter(([name]) => !isSecret(part, name)) }));
  const secret = parts.flatMap((part) =>
    Object.entries(part.env).flatMap(([name, value]) => (isSecret(part, name) ? [[`${part.name}.${name}`, value]] : [])),
  );
  const definition = plain.reduce((sum, part) => sum + bytes(part) + overhead, 0);
  const reasons: string[] = [];
  if (definition > most.definition) {
    reasons.push(
      `its task definition would take about ${kilobytes(definition)}, and ECS accepts ${kilobytes(most.definition)}: move long env, command and healthcheck values into an image`,
    );
  }
  if (bytes(Object.fromEntries(secret)) > most.secret) {
    reasons.push(
      `the env values from the environment take about ${kilobytes(bytes(Object.fromEntries(secret)))}, and a secret of AWS holds ${kilobytes(most.secret)}: pass less, or a reference to the data`,
    );
  }
  return reasons;
}

function nameRefusals({ name }: WorkerSpec, region: string): string[] {
  const longest = awsNames(name, region).roles.execution;
  if (longest.length <= most.roleName) return [];
  return [`the name of its role would be ${longest}, and IAM accepts ${most.roleName} characters: give the worker a shorter name`];
}

function ruleRefusals({ access }: WorkerSpec): string[] {
  if (access.cidrs.length <= most.rules) return [];
  return [`access.cidrs names ${access.cidrs.length} networks, and a security group accepts ${most.rules}: name larger ones`];
}

function portRefusals({ ports }: WorkerSpec): string[] {
  const names = ports.map(({ name }) => name);
  return names.length > 0 ? [`${capabilities.ports.says}: remove ${names.join(', ')} from ports, or use the docker backend`] : [];
}

function sourceRefusals(spec: WorkerSpec): string[] {
  const [first] = everySource(spec);
  return first ? [`${capabilities.sources.says}: remove the mount of ${first.source}, or use the docker backend`] : [];
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KB`;
}
