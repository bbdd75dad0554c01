import { basename, dirname, resolve } from 'node:path';
import { slug } from '../../spec/names.js';
import { type CommonArgs, inSession } from '../session.js';
import { writeUserFile } from '../write-file.js';

interface Args extends CommonArgs {
  file: string;
}

const process = (name: string) => `# A worker of local processes: it needs no Docker. See docs/spec.md, or \`mayfly schema\`.
name: ${name}
max_duration: 600      # seconds it lives once ready
cpu: 250               # millicores
memory: 768            # MB; Node 24 reserves 512 of them for compiled code
storage: 100           # MB
engine:
  command: [node, -e, "require('http').createServer((q, r) => r.end('hello\\\\n')).listen(8080, '127.0.0.1')"]
  port: 8080
`;

const docker = (name: string) => `# A worker of containers. See docs/spec.md, or \`mayfly schema\`.
name: ${name}
max_duration: 1800     # seconds it lives once ready
cpu: 500               # of the engine, millicores
memory: 256            # MB
storage: 2000          # MB; the volumes count in it
engine:
  image: nginx:1.27
  port: 80
volumes:
  - { name: work, storage: 1000 }
containers:            # executors: the commands of \`mayfly exec\` run in them
  - name: build
    image: alpine:3.20
    cpu: 500
    memory: 512
    storage: 1000
    mounts: [{ name: work, mount_point: /work }]
service_containers:    # reached at localhost by all of the worker
  - name: db
    image: postgres:16
    cpu: 500
    memory: 256
    storage: 500
    env: { POSTGRES_PASSWORD: example }
    healthcheck: { command: [pg_isready, -h, localhost, -U, postgres], interval: 1s }
`;

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ json, out, line }) => {
    const backend = args.backend ?? 'docker';
    // Two projects that both have a `mayfly.yaml` do not get workers of one name.
    const name = slug(basename(dirname(resolve(args.file))));
    await writeUserFile(args.file, (backend === 'docker' ? docker : process)(name), { fresh: true });
    if (json) line({ file: args.file, backend });
    else out(`Wrote ${args.file}, a first spec for ${backend}. Next: mayfly plan ${args.file}`);
    return 0;
  });
}
