import { setMaxListeners } from 'node:events';
import type { Clock } from '../../clock.js';
import { explain, isTransient } from './errors.js';
import { type Pauses, retry, settlingPauses, transientPauses } from './patience.js';
import type { Place } from './place.js';

type Environment = Record<string, string | undefined>;

/** AWS services, loaded at their first call: the ec2 client alone takes most of a second. `prefix`: IAM's prefix of the actions. */
const services = {
  ecs: { prefix: 'ecs', load: () => import('./clients/ecs.js') },
  ec2: { prefix: 'ec2', load: () => import('./clients/ec2.js') },
  iam: { prefix: 'iam', load: () => import('./clients/iam.js') },
  scheduler: { prefix: 'scheduler', load: () => import('./clients/scheduler.js') },
  logs: { prefix: 'logs', load: () => import('./clients/logs.js') },
  secrets: { prefix: 'secretsmanager', load: () => import('./clients/secrets.js') },
  tagging: { prefix: 'tag', load: () => import('./clients/tagging.js') },
  sts: { prefix: 'sts', load: () => import('./clients/sts.js') },
};

type ServiceName = keyof typeof services;
type CommandClass = abstract new (...args: never[]) => unknown;
type Commands<S extends ServiceName> = Awaited<ReturnType<(typeof services)[S]['load']>>['commands'];
type InputOf<C> = C extends abstract new (...args: infer A) => unknown ? NonNullable<A[0]> : never;
type OutputOf<C extends CommandClass> =
  InstanceType<C> extends { resolveMiddleware: (...args: never[]) => (args: never) => Promise<{ output: infer O }> } ? O : never;

/** A service's calls by their names: `aws.ecs.describeServices({ … }, signal)`. */
type Calls<T> = {
  [K in keyof T]: T[K] extends CommandClass ? (input: InputOf<T[K]>, signal?: AbortSignal) => Promise<OutputOf<T[K]>> : never;
};

export type Aws = { [S in ServiceName]: Calls<Commands<S>> } & {
  place: Place;
  clock: Clock;
  /** Runs work, and retries it while `passes` accepts the error: some errors last until AWS has distributed an earlier change. */
  settle<T>(passes: (error: unknown) => boolean, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Identity of the credentials. AWS is asked only once. */
  identity(): Promise<Identity>;
  /** AWS's clock minus ours in milliseconds, from the last answer; `null` before the first answer. */
  skew(): number | null;
  close(): void;
};

export interface Identity {
  account: string;
  /** ARN of the caller. */
  arn: string;
  /** `aws`, `aws-cn`, `aws-us-gov`. */
  partition: string;
}

/** The parts of a client that are needed here. The SDK's own types differ between services. */
interface AnyClient {
  send(command: unknown, options: { abortSignal?: AbortSignal }): Promise<unknown>;
  destroy(): void;
  middlewareStack: { add(middleware: unknown, options: { step: 'deserialize'; name: string }): void };
}
interface AnyModule {
  Client: new (config: object) => AnyClient;
  commands: Record<string, new (input: object) => unknown>;
}
type Response = { response: { headers?: Record<string, string> } };

/** Milliseconds for connecting, and for a whole call. */
const timeouts = { connectionTimeout: 5000, requestTimeout: 60_000, throwOnRequestTimeout: true };

// Silence the SDK's warning about Node versions that mayfly supports.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

export interface AwsOptions {
  place: Place;
  env: Environment;
  clock: Clock;
  transient?: Pauses;
  settling?: Pauses;
}

/** All calls to AWS: one way to retry, one kind of error, and the time by its clock. */
export function openAws({ place, env, clock, transient = transientPauses, settling = settlingPauses }: AwsOptions): Aws {
  const opened = new Map<ServiceName, Promise<{ client: AnyClient; commands: AnyModule['commands'] }>>();
  let skew: number | null = null;

  const note = (headers: Record<string, string> | undefined) => {
    const date = Date.parse(headers?.['date'] ?? '');
    if (Number.isNaN(date)) return;
    // The Date header has whole seconds, so half a second is added.
    const difference = date + 500 - clock.now();
    skew = Math.abs(difference) <= 1500 ? 0 : difference;
  };
  const open = async (name: ServiceName) => {
    const { Client, commands } = (await services[name].load()) as unknown as AnyModule;
    const client = new Client({ ...configOf(place, env), requestHandler: timeouts, maxAttempts: 1 });
    const listen = (next: (args: unknown) => Promise<Response>) => async (args: unknown) => {
      const result = await next(args);
      note(result.response.headers);
      return result;
    };
    client.middlewareStack.add(listen, { step: 'deserialize', name: 'mayflyClock' });
    return { client, commands };
  };
  const clientOf = (name: ServiceName) => {
    const client = opened.get(name) ?? open(name);
    opened.set(name, client);
    return client;
  };
  const call = async (name: ServiceName, operation: string, input: object, signal?: AbortSignal): Promise<unknown> => {
    const { client, commands } = await clientOf(name);
    // All calls of a command listen to the same signal.
    if (signal) setMaxListeners(0, signal);
    const send = () => client.send(new commands[operation]!(input), { ...(signal && { abortSignal: signal }) });
    try {
      return await retry(clock, transient, isTransient, send, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw explain(error, `${services[name].prefix}:${operation[0]!.toUpperCase()}${operation.slice(1)}`);
    }
  };
  const callsOf = (name: ServiceName) =>
    new Proxy({}, { get: (_, operation: string) => (input: object, signal?: AbortSignal) => call(name, operation, input, signal) });
  const calls = Object.fromEntries(Object.keys(services).map((name) => [name, callsOf(name as ServiceName)])) as {
    [S in ServiceName]: Calls<Commands<S>>;
  };
  let identity: Promise<Identity> | null = null;
  const identify = async (): Promise<Identity> => {
    const { Account = '', Arn = '' } = await calls.sts.getCallerIdentity({});
    return { account: Account, arn: Arn, partition: Arn.split(':')[1] ?? 'aws' };
  };

  return {
    ...calls,
    place,
    clock,
    settle: (passes, work, signal) => retry(clock, settling, passes, work, signal),
    identity() {
      identity ??= identify().catch((error: unknown) => {
        identity = null;
        throw error;
      });
      return identity;
    },
    skew: () => skew,
    close() {
      for (const one of opened.values()) void one.then(({ client }) => client.destroy()).catch(() => {});
    },
  };
}

/** Client configuration from the given environment. It need not be this process's own: a keeper gets it from its client. */
function configOf({ region, url }: Place, env: Environment): object {
  const [accessKeyId, secretAccessKey, sessionToken] = [env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY'], env['AWS_SESSION_TOKEN']];
  const given = accessKeyId && secretAccessKey;
  return {
    region,
    ...(url !== null && { endpoint: url }),
    ...(env['AWS_PROFILE'] && { profile: env['AWS_PROFILE'] }),
    ...(given && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
  };
}
