import type { Place } from '../errors.js';
import { copySpec } from './copy.js';
import type { Draft } from './draft.js';
import { engineSize, idleEngine, idleSize } from './engine-defaults.js';
import type { Env } from './interpolate.js';
import type { ParseOptions } from './loaded-spec.js';
import { melodiumImage } from './melodium.js';
import type { NamedFiles } from './named-files.js';
import { formatPath, type Path } from './path.js';
import { anchored } from './pull-secret.js';
import { archOf } from './rules.js';
import type { SpecFile } from './schema.js';
import type { Syntax } from './syntax.js';
import { splitMounts } from './sources.js';
import type { Spot } from './tree.js';
import { type ArtifactSpec, type ContainerSpec, engineName, type MelodiumSpec, type WorkerSpec } from './worker-spec.js';

function melodiumOf({ version, edition, image }: SpecFile, env: Env): MelodiumSpec {
  return { version, image: image ?? (version === null ? null : melodiumImage(version, edition, env)) };
}

function artifactsOf({ engine, containers, service_containers }: SpecFile): ArtifactSpec[] {
  const own = engine !== null && engine !== 'idle' ? [{ ...engine, name: engineName }] : [];
  const all = [...own, ...containers, ...service_containers];
  return all.flatMap(({ name, artifacts }) => artifacts.map((one) => ({ container: name, ...one })));
}

/** Makes the spec of a valid file. */
export function workerSpec(
  file: SpecFile,
  draft: Draft,
  name: string,
  options: ParseOptions,
  spots: ReadonlyMap<string, Spot>,
  named: NamedFiles,
  syntax?: Syntax,
): WorkerSpec {
  const placeOf = (path: Path): Place => {
    const offset = spots.get(formatPath(path))?.offset;
    return { file: options.file, ...(offset !== undefined && syntax?.position(offset)), path: formatPath(path) };
  };
  const secret = <T extends Pick<ContainerSpec, 'pull_secret' | 'env'> & { env_file: unknown; artifacts: unknown }>(
    { env_file: _, artifacts: __, ...one }: T,
    ...path: Path
  ) => {
    const fromFiles = named.envOf(path);
    const isSecret = (key: string) =>
      Object.hasOwn(one.env, key) ? spots.get(formatPath([...path, 'env', key]))?.from !== undefined : Object.hasOwn(fromFiles, key);
    const env: Record<string, string> = { ...fromFiles, ...one.env };
    return {
      ...one,
      env,
      files: named.filesOf(path),
      secret_env: Object.keys(env).filter(isSecret),
      pull_secret: anchored(one.pull_secret, options.directory),
    };
  };
  const containers = file.containers.map(({ arch: _, ...one }, index) =>
    secret({ ...one, ...splitMounts(one.mounts, options), once: false }, 'containers', index),
  );
  const services = file.service_containers.map(({ arch: _, ...one }, index) =>
    secret({ ...one, ...splitMounts(one.mounts, options) }, 'service_containers', index),
  );
  const engine = file.engine === 'idle' ? idleEngine([...containers, ...services]) : file.engine && secret(file.engine, 'engine');
  const size = file.engine === 'idle' ? idleSize : engineSize;
  return {
    name,
    max_duration: file.max_duration,
    create_timeout: file.create_timeout,
    max_cost: file.max_cost,
    cpu: file.cpu ?? size.cpu,
    cpu_limit: file.cpu_limit,
    memory: file.memory ?? size.memory,
    storage: file.storage,
    arch: archOf(draft),
    backend: file.backend,
    engine,
    melodium: engine ? null : melodiumOf(file, options.env),
    volumes: file.volumes,
    containers,
    service_containers: services,
    artifacts: artifactsOf(file),
    collect_grace: file.collect_grace,
    retain: file.retain,
    caches: file.caches,
    copy: file.copy.map((one, index) => copySpec(one, options.directory, placeOf(['copy', index, 'from']))),
    access: file.access,
    ports: file.ports,
    tags: file.tags,
    id: file.id,
    organization_id: file.organization_id,
    parent_id: file.parent_id,
    group_id: file.group_id,
    self_key: file.mode,
  };
}
