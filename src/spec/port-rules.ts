import type { DraftContainer } from './draft.js';
import type { Path } from './path.js';
import type { Rule } from './rules.js';

interface Server {
  port: number;
  /** Environment variable of the image that sets the port. */
  variable?: string;
  /** Line of a spec that sets another port, for the remedy. */
  move?: string;
}

/** Default ports of the servers in well-known images, from the images' documentation. */
const servers: ReadonlyMap<string, Server> = new Map([
  ['postgres', { port: 5432, variable: 'PGPORT', move: 'env: { PGPORT: "5433" }' }],
  ['postgis', { port: 5432, variable: 'PGPORT', move: 'env: { PGPORT: "5433" }' }],
  ['mysql', { port: 3306, move: 'command: [mysqld, --port=3307]' }],
  ['mariadb', { port: 3306, move: 'command: [mariadbd, --port=3307]' }],
  ['redis', { port: 6379, move: 'command: [redis-server, --port, "6380"]' }],
  ['valkey', { port: 6379, move: 'command: [valkey-server, --port, "6380"]' }],
  ['memcached', { port: 11211, move: 'command: [memcached, -p, "11212"]' }],
  ['mongo', { port: 27017, move: 'command: [mongod, --port, "27018"]' }],
  ['rabbitmq', { port: 5672, variable: 'RABBITMQ_NODE_PORT', move: 'env: { RABBITMQ_NODE_PORT: "5673" }' }],
  ['nats', { port: 4222, move: 'command: [-p, "4223"]' }],
  ['elasticsearch', { port: 9200 }],
  ['opensearch', { port: 9200 }],
  ['clickhouse-server', { port: 8123 }],
  ['minio', { port: 9000 }],
  ['localstack', { port: 4566 }],
  ['nginx', { port: 80 }],
  ['httpd', { port: 80 }],
]);

/**
 * Warnings: two servers listen on one port. All containers of a worker share localhost, so the second server fails. The rule checks the
 * engine's port, and services of well-known images.
 */
export const portsDiffer: Rule = (draft, quote) => {
  const first = new Map<number, Path>();
  const engine = draft.engine === 'idle' ? undefined : draft.engine;
  if (engine?.port !== undefined) first.set(engine.port, ['engine', 'port']);
  return (draft.service_containers ?? []).flatMap((container, index) => {
    const server = container && serverOf(container);
    if (!server) return [];
    const path: Path = ['service_containers', index];
    const other = first.get(server.port);
    if (!other) {
      first.set(server.port, path);
      return [];
    }
    const image: Path = [...path, 'image'];
    const moved = server.move ? `, for example by \`${server.move}\`` : '';
    return {
      path: image,
      cause: `${quote(String(container.image), image)} listens on port ${server.port} of the localhost that all containers share, and another server does too`,
      remedy: `give one of the two another port${moved}`,
      other,
    };
  });
};

/** The server of a container; `null` if its image is not in the table, or its port may be another one. */
function serverOf({ image, command, env }: DraftContainer): Server | null {
  if (typeof image !== 'string' || (command ?? null) !== null) return null;
  const name = image.split('/').at(-1)!.split(/[:@]/)[0]!;
  const server = servers.get(name);
  if (!server) return null;
  const set = server.variable !== undefined && env !== null && typeof env === 'object' ? Object.entries(env) : [];
  const moved = set.find(([key]) => key === server.variable);
  if (!moved) return server;
  return Number.isInteger(Number(moved[1])) ? { ...server, port: Number(moved[1]) } : null;
}
