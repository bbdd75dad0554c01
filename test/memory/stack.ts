import { TerraformProvider, TerraformResource } from '../../stacks/cdktf.js';
import { constructId, literal, literals, named, type StackInput, WorkerStack } from '../../stacks/common.js';
import type { Construct } from 'constructs';
import { type Labels, labelKeys } from '../../src/labels.js';
import { cacheVariable, checkOf, type ContainerSpec, engineName, type EngineSpec } from '../../src/spec/worker-spec.js';
import { containerType, socketRoot, volumeType } from './names.js';

const metadata = { providerName: 'memory', providerVersion: '0.1.0', providerVersionConstraint: '0.1.0' };

class MemoryProvider extends TerraformProvider {
  constructor(scope: Construct) {
    super(scope, 'memory', {
      terraformResourceType: 'memory',
      terraformGeneratorMetadata: metadata,
      terraformProviderSource: 'mayfly/memory',
    });
  }
  protected override synthesizeAttributes() {
    return {};
  }
}

class MemoryResource extends TerraformResource {
  constructor(
    scope: Construct,
    type: string,
    id: string,
    private readonly attributes: Record<string, unknown>,
  ) {
    super(scope, constructId(id), {
      terraformResourceType: type,
      terraformGeneratorMetadata: metadata,
      lifecycle: { ignoreChanges: ['labels'] },
    });
    named(this, id);
  }
  protected override synthesizeAttributes() {
    return this.attributes;
  }
}

/** What differs between an engine and the other containers. */
interface Part {
  port: number | null;
  env: Record<string, string>;
  joins?: string;
  mounts: Record<string, string>;
  labels: Labels;
  memory: number;
  storage: number;
}

/** A worker in memory: volumes, an engine, and containers that join it. */
export class MemoryStack extends WorkerStack {
  constructor(scope: Construct, input: StackInput) {
    super(scope, input);
    const { spec } = input;
    new MemoryProvider(this);
    for (const { name, storage } of spec.volumes) {
      const labels = { ...this.labels(volumeType, name), [labelKeys.storage]: String(storage) };
      new MemoryResource(this, volumeType, name, { worker: spec.name, name, labels });
    }
    const engine = spec.engine!;
    this.container(engineName, engine, {
      ...{ port: engine.port, memory: spec.memory, storage: spec.storage, env: this.engineEnv() },
      mounts: {
        ...Object.fromEntries(spec.volumes.map(({ name }) => [`/media/${name}`, idOf(volumeType, name)])),
        ...this.caches(engineName),
      },
      labels: engine.exec ? { [labelKeys.exec]: `${socketRoot}/${spec.name}` } : {},
    });
    for (const container of [...spec.containers, ...spec.service_containers]) {
      this.container(container.name, container, {
        ...{ port: null, memory: container.memory, storage: container.storage, env: {}, joins: idOf(containerType, engineName) },
        mounts: {
          ...Object.fromEntries(container.mounts.map(({ name, mount_point }) => [literal(mount_point), idOf(volumeType, name)])),
          ...this.caches(container.name),
        },
        labels: container.once ? { [labelKeys.once]: 'true' } : {},
      });
    }
    this.access(engine.port);
  }

  private caches(container: string): Record<string, string> {
    const own = this.input.spec.caches.filter((cache) => cache.in === container);
    return Object.fromEntries(own.map(({ name, to }) => [literal(to), this.variable(cacheVariable(name), 'its place').stringValue]));
  }

  private container(name: string, of: EngineSpec | ContainerSpec, part: Part): void {
    const own = Object.fromEntries(Object.entries(of.env).map(([key, value]) => [key, literal(value)]));
    new MemoryResource(this, containerType, name, {
      ...{ worker: this.input.spec.name, name, memory: part.memory, mounts: part.mounts },
      ...(of.image !== null && { image: literal(of.image) }),
      command: literals(of.command ?? ['idle']),
      env: { ...own, ...part.env },
      ...(part.port !== null && { port: part.port }),
      ...(part.joins !== undefined && { joins: part.joins }),
      ...(checkOf(of) && { healthcheck: true }),
      labels: {
        ...this.labels(containerType, name),
        ...(part.storage > 0 && { [labelKeys.storage]: String(part.storage) }),
        ...part.labels,
      },
    });
  }
}

function idOf(type: string, name: string): string {
  return `\${${type}.${name}.id}`;
}
