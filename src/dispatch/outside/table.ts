import * as checks from './checks.js';
import type { Row, SectionName, Table } from './row.js';

const yes: Row = { says: 'yes' };
const never = (cause: string, remedy: string): Row => ({ says: 'never', check: checks.refused(cause, remedy) });
const list = (section: SectionName): Row => ({ says: `see \`${section}\`, at most 50`, section, entries: 50 });
const label: Row = { says: 'one line of at most 256 characters', check: checks.label };
const image: Row = { says: 'from the list of the organisation and the node, if there is one', check: checks.listedImage };
const noEffect: Row = { says: 'no effect', dropped: true };
const long: Row = { says: 'at most 131072 characters a text', characters: 131_072 };

const artifacts: Row = { says: 'if the request has a `command`', section: 'artifacts[]', entries: 50, check: checks.collected };
const noCopy = never('copies files of the server', 'put small files under `files`, or build the image with them');

/** Fields of everything that runs. */
const running: Readonly<Record<string, Row>> = {
  image,
  command: long,
  entrypoint: long,
  working_dir: yes,
  user: yes,
  shm_size: yes,
  env: { ...long, says: 'yes; the values are secrets' },
  env_file: never('names files of the server', 'write the variables under `env`'),
  files: list('files[]'),
  healthcheck: { says: 'see `healthcheck`', section: 'healthcheck' },
  pull_secret: { ...long, says: 'only the credentials themselves; they are a secret', check: checks.inlineSecret },
  artifacts,
};

const container: Readonly<Record<string, Row>> = {
  name: yes,
  ...running,
  cpu: yes,
  cpu_limit: yes,
  memory: yes,
  storage: yes,
  arch: yes,
  mounts: list('mounts[]'),
};

/** What a spec that arrives over HTTP may say: a row for every field of the schema. */
export const outsideTable: Table = {
  top: {
    name: yes,
    max_duration: yes,
    create_timeout: yes,
    max_cost: yes,
    cpu: yes,
    cpu_limit: yes,
    memory: yes,
    storage: yes,
    arch: yes,
    backend: {
      says: 'with workers as programs of the server, such as `process`, only if `processes` is allowed',
      check: checks.noProcesses,
    },
    engine: { says: 'see `engine`', section: 'engine' },
    volumes: list('volumes[]'),
    containers: list('containers[]'),
    service_containers: list('service_containers[]'),
    collect_grace: yes,
    caches: {
      ...list('caches[]'),
      says: 'if `caches` is allowed: all organisations share them',
      check: checks.allowedBy('caches', 'is shared with other organisations on its node', 'remove it'),
    },
    copy: { ...noCopy, section: 'copy[]' },
    retain: { says: 'see `retain`', section: 'retain' },
    access: { says: 'see `access`', section: 'access' },
    ports: list('ports[]'),
    tags: { ...label, entries: 50 },
    id: label,
    organization_id: { says: "replaced by the token's organisation", check: checks.label },
    parent_id: label,
    group_id: label,
    mode: { says: 'yes; it is a secret' },
    version: { ...image, says: 'its image must be allowed', check: checks.listedVersion },
    edition: yes,
    os: yes,
    image,
    config: noEffect,
    local_exec: noEffect,
    $schema: noEffect,
  },
  engine: { ...running, port: yes, exec: yes },
  'containers[]': container,
  'service_containers[]': { ...container, once: yes },
  healthcheck: {
    command: long,
    interval: { says: 'at least 0.5 s', check: checks.notTooOften },
    timeout: yes,
    retries: yes,
    start_period: yes,
  },
  'files[]': {
    to: yes,
    content: { says: 'yes; it is a secret', characters: 1_048_576 },
    from: never('names a file of the server', 'write the text under `content`'),
    mode: yes,
    owner: yes,
  },
  'mounts[]': {
    name: yes,
    source: never('names a directory of the server', 'mount a volume of the spec'),
    mount_point: yes,
    read_only: yes,
    copy_on_write: yes,
  },
  'volumes[]': { name: yes, storage: yes, medium: yes },
  'caches[]': { name: { says: 'without `${hash:…}`', check: checks.noHash }, to: yes, in: yes, size: yes, keep: yes },
  'copy[]': { from: noCopy, to: yes, in: yes, owner: yes, ignore_file: noCopy },
  'artifacts[]': { from: yes, to: yes, optional: yes, when: yes, max: yes },
  retain: { failure: yes },
  access: {
    bind: { says: 'loopback, unless `exposed` is allowed', check: checks.loopbackOnly },
    tls: yes,
    cidrs: {
      says: 'if `exposed` is allowed',
      check: checks.allowedBy('exposed', 'opens the port to other machines', 'remove it'),
    },
    public: { says: '`false`, unless `exposed` is allowed', check: checks.notPublic },
  },
  'ports[]': {
    name: yes,
    port: yes,
    host: {
      says: 'if `host_ports` is allowed',
      check: checks.allowedBy('host_ports', 'takes a fixed port of the host', 'remove it: a free port is then used'),
    },
  },
  texts: { '${env:…}': { says: 'never', check: checks.noReference } },
};
