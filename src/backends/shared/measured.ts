import { engineName } from '../../spec/worker-spec.js';
import type { Outgrown } from '../ports/sizes.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { partsOf } from '../../spec/address.js';

const MiB = 2 ** 20;

/** An object and the bytes it takes on disk. */
export interface Measured {
  object: OwnedObject;
  bytes: number;
}

/** Returns the objects larger than their label, in the given order: volumes should precede containers, since they name the cause better. */
export function findOutgrown(measured: readonly Measured[], isVolume: (type: string) => boolean): Outgrown[] {
  return measured.flatMap(({ object, bytes }) => {
    const sizeMB = object.labels.storage;
    if (sizeMB === undefined || bytes <= sizeMB * MiB) return [];
    return [{ worker: object.worker, what: nameOf(object, isVolume), usedMB: Math.ceil(bytes / MiB), sizeMB }];
  });
}

function nameOf({ type, address }: OwnedObject, isVolume: (type: string) => boolean): string {
  const { name } = partsOf(address);
  if (isVolume(type)) return `volume ${name}`;
  return name === engineName ? name : `container ${name}`;
}
