import { engineName } from '../../spec/worker-spec.js';
import type { Used } from '../ports/sizes.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { partsOf } from '../../spec/address.js';

const MiB = 2 ** 20;

/** An object and the bytes it takes on disk. */
export interface Measured {
  object: OwnedObject;
  bytes: number;
}

/** The measurements with the names for people. */
export function usedBy(measured: readonly Measured[], isVolume: (type: string) => boolean): Used[] {
  return measured.map(({ object, bytes }) => ({
    worker: object.worker,
    what: nameOf(object, isVolume),
    usedMB: Math.ceil(bytes / MiB),
    sizeMB: object.labels.storage ?? null,
  }));
}

function nameOf({ type, address }: OwnedObject, isVolume: (type: string) => boolean): string {
  const { name } = partsOf(address);
  if (isVolume(type)) return `volume ${name}`;
  return name === engineName ? name : `container ${name}`;
}
