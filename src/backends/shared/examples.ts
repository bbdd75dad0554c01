/** A first spec for a backend that runs images. */
export const containersExample = (name: string) => `# A worker of containers. See docs/spec.md, or \`mayfly schema\`.
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
