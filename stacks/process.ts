import { TerraformProvider, TerraformResource } from './cdktf.js';
import { constructId, literal, literals, named, type StackInput, WorkerStack } from './common.js';
import type { Construct } from 'constructs';
import { labelKeys } from '../src/labels.js';
import { idle } from '../src/spec/engine-defaults.js';
import { engineOf } from '../src/spec/melodium.js';
import { checkOf, type ContainerSpec, engineName, type HealthcheckSpec, volumeVariable, everyContainer } from '../src/spec/worker-spec.js';

const metadata = { providerName: 'mayfly', providerVersion: '0.1.0', providerVersionConstraint: '0.1.0' };

class MayflyProvider extends TerraformProvider {
  constructor(scope: Construct) {
    super(scope, 'mayfly', {
      terraformResourceType: 'mayfly',
      terraformGeneratorMetadata: metadata,
      terraformProviderSource: 'mayfly/mayfly',
    });
  }
  protected override synthesizeAttributes() {
    return {};
  }
}

/** Resource types that only mayfly's embedded applier supports: a private directory, and a group of processes. */
class MayflyResource extends TerraformResource {
  constructor(
    scope: Construct,
    type: 'mayfly_directory' | 'mayfly_process',
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

/** A worker as local processes: the engine and its containers run side by side on the host's network, volumes are directories. */
export class ProcessStack extends WorkerStack {
  constructor(scope: Construct, input: StackInput) {
    super(scope, input);
    const { spec } = input;
    new MayflyProvider(this);
    for (const { name, storage } of spec.volumes) {
      new MayflyResource(this, 'mayfly_directory', name, {
        worker: spec.name,
        name,
        labels: { ...this.labels('mayfly_directory', name), [labelKeys.storage]: String(storage) },
      });
    }
    const path = (volume: string) => `\${mayfly_directory.${volume}.path}`;
    const volumes = Object.fromEntries(spec.volumes.map(({ name }) => [volumeVariable(name), path(name)]));
    const engine = engineOf(spec, false, input.longest);
    this.process(engineName, {
      command: commandOf(engine) ?? [],
      workingDir: engine.working_dir,
      env: { ...escapedEnv(engine.env), ...volumes, ...this.engineEnv() },
      memory: spec.memory,
      port: engine.port,
      healthcheck: checkOf(engine),
      once: false,
      mounts: Object.fromEntries(spec.volumes.map(({ name }) => [`/media/${name}`, path(name)])),
    });
    for (const container of everyContainer(spec)) {
      this.process(container.name, {
        command: commandOf(container) ?? commandOf(idle)!,
        workingDir: container.working_dir,
        env: { ...escapedEnv(container.env), ...volumes },
        memory: container.memory,
        port: null,
        healthcheck: checkOf(container),
        once: container.once,
        mounts: Object.fromEntries(container.mounts.map(({ name, mount_point }) => [literal(mount_point), path(name)])),
      });
    }
    this.access(engine.port);
    this.publishedPorts(({ port }) => port);
  }

  private process(
    name: string,
    options: {
      command: string[];
      workingDir: string | null;
      env: Record<string, string>;
      memory: number;
      port: number | null;
      healthcheck: HealthcheckSpec | null;
      once: boolean;
      mounts: Record<string, string>;
    },
  ): void {
    new MayflyResource(this, 'mayfly_process', name, {
      worker: this.input.spec.name,
      name,
      command: literals(options.command),
      env: options.env,
      memory: options.memory,
      ...(options.port !== null && { port: options.port }),
      ...(options.healthcheck && {
        healthcheck: { ...options.healthcheck, command: literals(options.healthcheck.command) },
      }),
      mounts: options.mounts,
      ...(options.once && { once: true }),
      ...(options.workingDir !== null && { working_dir: literal(options.workingDir) }),
      labels: { ...this.labels('mayfly_process', name), ...(options.once && { [labelKeys.once]: 'true' }) },
    });
  }
}

/** The words to run: the entrypoint, then the command; `null` if there are none. */
function commandOf({ entrypoint, command }: Pick<ContainerSpec, 'entrypoint' | 'command'>): string[] | null {
  return entrypoint || command ? [...(entrypoint ?? []), ...(command ?? [])] : null;
}

function escapedEnv(env: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, literal(value)]));
}
