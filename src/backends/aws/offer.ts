import { ecsHealth } from './names.js';
import { enginePort } from '../../spec/melodium.js';
import type { Facts, Offer } from '../../spec/offer.js';
import type { AwsFacts, FargateShape } from './names.js';
import { cpus, megabytes, millicoresOf, unitsOf } from '../../spec/units.js';
import { checkOf, engineName, type HealthcheckSpec, lifetime, totals, type WorkerSpec } from '../../spec/worker-spec.js';
import { awsCapabilities as capabilities, share } from './capabilities.js';
import { priceOf } from './prices.js';
import { costRefusals, refusals } from './refusals.js';
import { freeStorage, type Needs, needsOf, sizes, smallestShape } from './shape.js';

/** Facts about the account, read with the caller's credentials before an offer is made. */
export interface AccountFacts extends Omit<AwsFacts, keyof Facts | 'shape'> {
  /** `ecs:<region>`, with the address of an emulator if there is one. */
  endpoint: string;
}

/** Makes Fargate's offer for a spec. Pure. */
export function makeOffer(spec: WorkerSpec, { endpoint, ...account }: AccountFacts): Offer {
  const needs = needsOf(spec);
  const { shape, reasons: tooMuch } = smallestShape(needs);
  const arch = spec.arch ?? 'amd64';
  const hasAddress = spec.access.public || account.needsPublicAddress;
  const price = shape && priceOf({ shape, arch, region: account.region, public: hasAddress, lifetime: lifetime(spec) });
  const reasons = [...refusals(spec, account.region), ...tooMuch, ...(shape ? costRefusals(spec, price, account.region) : [])];
  const facts: AwsFacts = { kind: 'aws', addresses: [], ...account, shape };
  return {
    backend: 'aws',
    endpoint,
    accepted: reasons.length === 0,
    reasons,
    unenforced: unenforced(spec),
    rounded: shape ? [...shapeLines(needs, shape), ...healthcheckLines(spec)] : [],
    warnings: warnings(spec, hasAddress, shape !== null && price === null ? account.region : null),
    title: `aws ${account.region} (${account.account})`,
    arch,
    asks: totals(spec),
    has: null,
    price,
    facts,
    keeper: null,
  };
}

/** Describes sizes that are larger than requested, with the reason where a smaller size exists. */
function shapeLines({ cpu, memory, disk }: Needs, shape: FargateShape): string[] {
  const lines: string[] = [];
  const size = sizes.find((one) => one.cpu === shape.cpu)!;
  const given = cpus(millicoresOf(shape.cpu));
  if (millicoresOf(shape.cpu) > cpu) {
    const byMemory = sizes.some((one) => one.cpu < shape.cpu && one.cpu >= unitsOf(cpu));
    lines.push(`cpu: ${given} for the ${cpus(cpu)} asked${byMemory ? `, since less does not go with ${megabytes(shape.memory)}` : ''}`);
  }
  if (shape.memory > memory) {
    const byCpu = shape.memory === size.memory[0];
    lines.push(
      `memory: ${megabytes(shape.memory)} for the ${megabytes(memory)} asked${byCpu ? `, the least that goes with ${given}` : ''}`,
    );
  }
  const storage = shape.storage ?? freeStorage;
  if (storage * 1024 > disk) {
    const every = shape.storage === null ? ', which every task has,' : '';
    lines.push(`storage: ${megabytes(storage * 1024)}${every} for the ${megabytes(disk)} needed with its images`);
  }
  return lines;
}

function healthcheckLines({ engine, containers, service_containers }: WorkerSpec): string[] {
  const checked = [{ name: engineName, healthcheck: engine?.healthcheck ?? null }, ...containers, ...service_containers];
  return checked.flatMap((one) => {
    const { name } = one;
    const healthcheck = checkOf(one);
    if (!healthcheck) return [];
    const given = ecsHealth(healthcheck);
    const changed = (['interval', 'timeout', 'retries', 'start_period'] as const).filter((key) => given[key] !== healthcheck[key]);
    if (changed.length === 0) return [];
    return [`healthcheck of ${name}: ${changed.map((key) => changeOf(key, given, healthcheck)).join(', ')}`];
  });
}

function changeOf(key: 'interval' | 'timeout' | 'retries' | 'start_period', given: HealthcheckSpec, asked: HealthcheckSpec): string {
  const unit = key === 'retries' ? '' : ' s';
  return `${key} ${given[key]}${unit} for the ${asked[key]}${unit} asked`;
}

function unenforced({ engine, volumes, containers, service_containers }: WorkerSpec): string[] {
  const lines: string[] = [];
  if (volumes.length > 0) {
    lines.push(`the size of ${volumes.map(({ name }) => name).join(', ')} is not enforced: ${capabilities.volumes.says}`);
  }
  lines.push(`the storage that containers write is not enforced: ${capabilities.storage.says}`);
  if (engine === null && containers.length + service_containers.length > 0) {
    lines.push(`cpu of each container is not enforced: it is ${share}`);
  }
  return lines;
}

/** Days after which AWS may retire a task: it stops the task, and the service starts another. */
const retirementDays = 7;

const anywhere = new Set(['0.0.0.0/0', '::/0']);

function warnings(spec: WorkerSpec, hasAddress: boolean, unpriced: string | null): string[] {
  const { access, engine } = spec;
  const port = enginePort(spec);
  const lines: string[] = [];
  const warn = (isSo: boolean, line: string) => void (isSo && lines.push(line));
  warn(port !== null && access.cidrs.length === 0, `the engine's port ${port} cannot be reached: access.cidrs is empty`);
  warn(port === null && access.cidrs.length > 0, 'access.cidrs opens nothing: the engine has no port');
  warn(port !== null && access.cidrs.some((cidr) => anywhere.has(cidr)), `everybody may reach the engine's port ${port} by access.cidrs`);
  warn(access.bind !== '127.0.0.1', `access.bind is ignored: ${capabilities.bind.says}`);
  warn(
    !hasAddress,
    'the task has no public address: its subnets need a NAT gateway, or endpoints, to reach the images, secrets and logs; access.public gives it one',
  );
  warn(
    port !== null && engine !== null && checkOf(engine) === null,
    'the engine has no healthcheck: its port is checked from inside, which needs sh, cat and grep in its image',
  );
  warn(
    lifetime(spec) > retirementDays * 86_400,
    `it may live for more than ${retirementDays} days: AWS may replace its task in that time, and then the engine starts again`,
  );
  warn(unpriced !== null, `its cost is unknown: mayfly's table has no Fargate prices for ${unpriced}`);
  return lines;
}
