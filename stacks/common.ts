import { LocalBackend, TerraformOutput, TerraformStack, TerraformVariable } from './cdktf.js';
import { type Labels, labelKeys } from '../src/labels.js';
import type { TerraformElement } from 'cdktf/lib/terraform-element.js';
import type { Construct } from 'constructs';
import type { Offer } from '../src/spec/offer.js';
import { engineName, lifetime, type PortSpec, type WorkerSpec } from '../src/spec/worker-spec.js';
import { type EngineVariable, engineVariables, inEnvironment } from '../src/spec/engine-variables.js';
import { addressOf } from '../src/spec/address.js';
import { hostAndPort } from '../src/spec/published-ports.js';

/** Input of every stack. Equal inputs give equal bytes. */
export interface StackInput {
  spec: WorkerSpec;
  offer: Offer;
  /** Longest possible lease in seconds, from the settings. */
  longest: number;
}

/** The base of all stacks: a relative local backend, the variables that are drawn once, and the access output. */
export class WorkerStack extends TerraformStack {
  /** Origin of the spec: a label of the engine. */
  readonly origin: TerraformVariable;
  readonly keys: Record<EngineVariable, TerraformVariable>;
  private readonly birth: Record<'until' | 'asks' | 'dispatcher' | 'spec_name', TerraformVariable>;
  private runner: TerraformVariable | undefined;

  constructor(
    scope: Construct,
    readonly input: StackInput,
  ) {
    const { name } = input.spec;
    super(scope, Object.hasOwn(Object.prototype, name) ? constructId(name) : name);
    new LocalBackend(this, { path: 'terraform.tfstate' });
    this.keys = {
      remote_key: this.variable('remote_key', 'The key that whoever connects to the engine shows.', true),
      self_key: this.variable('self_key', 'The key that the engine shows to whoever connects.', true),
      run_id: this.variable('run_id', 'Tells this life of the worker from others of its name.'),
      group_id: this.variable('group_id', 'The group of workers that this one belongs to.'),
    };
    this.origin = this.variable('origin', 'Where the spec came from: a repository or a host, and a path.');
    this.birth = {
      until: this.variable('until', "Latest end without a lease, in seconds since the epoch by the node's clock; empty: none."),
      asks: this.variable('asks', 'The resources that the worker asked for when it was made.'),
      dispatcher: this.variable('dispatcher', 'The installation of the dispatcher that made the worker; empty: none.'),
      spec_name: this.variable('spec_name', "The name in the worker's spec."),
    };
  }

  /** Removes the prefix of ids from the stack's text. */
  override toTerraform(): { resource?: Record<string, Record<string, { '//': { metadata: { path: string } } }>> } {
    const text = super.toTerraform() as ReturnType<WorkerStack['toTerraform']>;
    for (const { '//': about } of Object.values(text.resource ?? {}).flatMap((blocks) => Object.values(blocks))) {
      about.metadata.path = about.metadata.path.replace(`/${idPrefix}`, '/');
    }
    return text;
  }

  /** A value that is not known when the stack is made. `src/worker/variables.ts` gives it. */
  variable(id: string, description: string, sensitive = false): TerraformVariable {
    return new TerraformVariable(this, id, { type: 'string', description, sensitive });
  }

  /** Labels that a resource has from its creation, as literals of Terraform's template language. */
  labels(type: string, id: string): Labels {
    const { spec, longest } = this.input;
    const labels = Object.entries(ownershipLabels(spec, addressOf(type, id), longest)).map(([key, value]) => [key, literal(value)]);
    this.runner ??= this.variable('runner', 'The process that `mayfly run` made the worker for; empty for other workers.');
    return { ...Object.fromEntries(labels), ...this.birthLabels(), ...this.originLabel(id), [labelKeys.runner]: this.runner.stringValue };
  }

  /** Labels of the worker's birth. Every object has them, even with empty values, because its image may have labels of these names. */
  birthLabels(): Labels {
    const { until, asks, dispatcher, spec_name } = this.birth;
    return {
      [labelKeys.until]: until.stringValue,
      [labelKeys.asks]: asks.stringValue,
      [labelKeys.dispatcher]: dispatcher.stringValue,
      [labelKeys.name]: spec_name.stringValue,
    };
  }

  /** The origin's label. Every engine has it, even with an empty value, because its image may have a label of this name. */
  originLabel(id: string): Labels {
    return id === engineName ? { [labelKeys.origin]: this.origin.stringValue } : {};
  }

  /** The engine's own variables. A Mélodium engine gets them under its own names too. */
  engineEnv(): Record<string, string> {
    const keys = Object.entries(this.engineKeys()).map(([name, key]) => [name, this.keys[key].stringValue]);
    return { MAYFLY_WORKER: this.input.spec.name, ...Object.fromEntries(keys) };
  }

  /** Environment variables of the engine that hold a key of the worker. */
  engineKeys(): Record<string, keyof WorkerStack['keys']> {
    return {
      ...Object.fromEntries(engineVariables.map((name) => [inEnvironment(name), name])),
      ...(this.input.spec.engine === null && {
        MELODIUM_DIST_RECV_KEY: 'remote_key' as const,
        MELODIUM_DIST_SEND_KEY: 'self_key' as const,
        MELODIUM_RUN_ID: 'run_id' as const,
        MELODIUM_GROUP_ID: 'group_id' as const,
      }),
    };
  }

  /** The access output, in the form that a Mélodium client reads. `port`: a number or a reference; `null` for an engine without a port. */
  access(port: string | number | null, addresses: string[] = this.input.offer.facts.addresses): void {
    const { spec } = this.input;
    new TerraformOutput(this, 'access', {
      sensitive: true,
      value: {
        addresses,
        // cdktf cannot synthesize a null in an output.
        port: port ?? '${null}',
        remote_key: this.keys.remote_key.stringValue,
        self_key: this.keys.self_key.stringValue,
        disable_tls: !spec.access.tls,
      },
    });
  }

  /** The output of further published ports: `host:port` by name. `publishedAt`: the port on the host, as a number or a reference. */
  publishedPorts(publishedAt: (port: PortSpec) => number | string): void {
    const { spec, offer } = this.input;
    if (spec.ports.length === 0) return;
    const [address = spec.access.bind] = offer.facts.addresses;
    const value = Object.fromEntries(spec.ports.map((port) => [port.name, hostAndPort(address, publishedAt(port))]));
    new TerraformOutput(this, 'ports', { value });
  }
}

const idPrefix = 'named_';

/**
 * The id in the construct tree of a resource that a spec names. The prefix distinguishes it from variables, outputs and providers, and from
 * the names of `Object` itself (`constructor`), which the construct library's map of ids always holds.
 */
export function constructId(name: string): string {
  return idPrefix + name;
}

/** Sets the name of a resource made with `constructId` in the stack's text. */
export function named<T extends TerraformElement>(resource: T, name: string): T {
  resource.overrideLogicalId(name);
  return resource;
}

/** The labels of one resource. `longest`: seconds from its creation that no lease may exceed. */
export function ownershipLabels(spec: WorkerSpec, address: string, longest: number): Labels {
  const labels: Labels = {
    [labelKeys.worker]: spec.name,
    [labelKeys.lifetime]: String(lifetime(spec)),
    [labelKeys.maxLifetime]: String(longest),
    [labelKeys.address]: address,
  };
  if (spec.tags.length > 0) labels[labelKeys.tags] = spec.tags.join(',');
  if (spec.id !== null) labels[labelKeys.id] = spec.id;
  if (spec.organization_id !== null) labels[labelKeys.organization] = spec.organization_id;
  if (spec.parent_id !== null) labels[labelKeys.parent] = spec.parent_id;
  return labels;
}

/** Escapes a user's text for Terraform's template language: `${` and `%{` stay literal. */
export function literal(text: string): string {
  return text.replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

export function literals(texts: readonly string[]): string[] {
  return texts.map(literal);
}
