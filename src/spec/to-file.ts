import { MayflyError } from '../errors.js';
import type { ContainerSpec, EngineSpec, PullSecret, WorkerSpec } from './worker-spec.js';

/** Returns the credentials themselves. */
export type ReadSecret = (secret: PullSecret) => string;

/**
 * Returns a file's value that is parsed to this spec on any machine: variables, files and credentials of this one are in it. Parts that
 * only work here (`copy`, mounts with a `source`) stay as they are, and are refused where they are parsed.
 */
export function toSpecFile(spec: WorkerSpec, readSecret: ReadSecret): Record<string, unknown> {
  const { melodium, self_key, engine, containers, service_containers, artifacts, copy, ...same } = spec;
  const artifactsOf = (name: string) => artifacts.flatMap(({ container, ...one }) => (container === name ? [one] : []));
  const runs = <T extends EngineSpec | ContainerSpec>({ secret_env: _, files, pull_secret, ...one }: T, name: string) => ({
    ...one,
    files: files.map(({ content, ...file }) => ({ ...file, content: textOf(content, `${name}: ${file.to}`) })),
    pull_secret: pull_secret && readSecret(pull_secret),
    artifacts: artifactsOf(name),
  });
  const container = ({ sources, mounts, ...one }: Omit<ContainerSpec, 'once'>) => ({
    ...runs(one as ContainerSpec, one.name),
    mounts: [...mounts, ...sources],
  });
  return withoutEmpty({
    ...same,
    ...melodium,
    mode: self_key === null ? null : { distribution_secret_key: { key: self_key } },
    engine: engine && runs(engine, 'engine'),
    containers: containers.map(({ once: _, ...one }) => container(one)),
    service_containers: service_containers.map(container),
    copy: copy.map(({ written, tracked: _, place: __, ...one }) => ({ ...one, from: written })),
  }) as Record<string, unknown>;
}

/** @throws MayflyError `spec_invalid` for bytes that are no text, because JSON has none */
function textOf(base64: string, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(base64, 'base64'));
  } catch {
    const [cause, remedy] = ['is not UTF-8 text, and a server takes no other files', 'build an image with the file'];
    throw new MayflyError('spec_invalid', { place: { path }, cause, remedy });
  }
}

/** Lists that differ from absent ones: they replace those of the image. */
const meantEmpty = ['command', 'entrypoint'];

/** Without `null` and empty lists, which mean absent, so that an error of the service names written fields only. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, one]) => one !== null && !(Array.isArray(one) && one.length === 0 && !meantEmpty.includes(key)),
  );
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutEmpty(one)]));
}
