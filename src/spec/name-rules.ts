import { containersOf, type Draft } from './draft.js';
import type { Path } from './path.js';
import type { Rule, SpecProblem } from './rules.js';

/** Names of mayfly's own objects: the engine, and the lease objects (`lease-1`). */
const reserved = /^(?:engine|lease(?:-\d+)?)$/;

/** The engine, containers, services and volumes share one namespace, in which some names are reserved. */
export const namesUnique: Rule = (draft, quote) => {
  const first = new Map<string, Path>();
  const problems: SpecProblem[] = [];
  for (const { path, name } of named(draft)) {
    if (name === undefined) continue;
    const own: Path = [...path, 'name'];
    const other = first.get(name);
    if (reserved.test(name)) {
      problems.push({
        path: own,
        cause: `${quote(name, own)} is reserved`,
        remedy: 'choose another name: engine, lease and lease-<number> are used by mayfly',
      });
    } else if (other) {
      problems.push({
        path: own,
        cause: `${quote(name, own)} is already used in this spec`,
        remedy: 'choose another name: containers, service containers and volumes share one namespace',
        other,
      });
    } else first.set(name, own);
  }
  return problems;
};

/** The engine and each container need an image or, for the process backend, a command. */
export const runsSomething: Rule = (draft) => {
  const containers = containersOf(draft).map(({ path, container: { image, entrypoint, command } }) => ({
    path: path as Path,
    image,
    entrypoint,
    command,
  }));
  return [...(draft.engine && draft.engine !== 'idle' ? [{ path: ['engine'], ...draft.engine }] : []), ...containers]
    .filter(({ image, entrypoint, command }) => (image ?? entrypoint ?? command ?? null) === null)
    .map(({ path }) => ({
      path: [...path, 'image'],
      cause: 'is required where there is no command',
      remedy: 'add `image: alpine:3.20`, or a command for the process backend',
    }));
};

/** An idle engine runs the image of the first container, so there must be one. */
export const idleHasImage: Rule = ({ engine, containers, service_containers }) => {
  if (engine !== 'idle' || !containers || !service_containers || containers.length + service_containers.length > 0) return [];
  const cause = 'is idle: it runs the image of the first container, and there is none';
  return [{ path: ['engine'], cause, remedy: 'add a container, or give the engine an image' }];
};

/** Warnings: fields of the Mélodium engine have no effect in a spec with its own engine. */
export const melodiumFieldsUsed: Rule = (draft) => {
  if (!draft.engine) return [];
  return (['version', 'edition', 'os', 'image'] as const)
    .filter((field) => (draft[field] ?? null) !== null)
    .map((field) => ({
      path: [field],
      cause: 'is ignored: it is for the Mélodium engine, but this spec has its own engine',
      remedy: field === 'image' ? 'put it under engine' : 'remove it',
    }));
};

function named(draft: Draft): { path: Path; name: string | undefined }[] {
  const volumes = (draft.volumes ?? []).map((volume, index) => ({ path: ['volumes', index] as Path, name: volume.name }));
  return [...volumes, ...containersOf(draft).map(({ path, container }) => ({ path, name: container.name }))];
}
