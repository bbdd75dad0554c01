import { MayflyError } from '../../../errors.js';
import { isInside } from '../../../spec/inside.js';
import type { ArtifactSpec } from '../../../spec/worker-spec.js';

/** Parses `CONTAINER:PATH[:DEST]`. @throws MayflyError `usage` */
export function parseArtifact(text: string): ArtifactSpec {
  const [, container, from, to = null] = /^([a-z][a-z0-9-]*):([^:]+)(?::([^:]+))?$/s.exec(text) ?? [];
  if (container === undefined || from === undefined) throw wrong(text, 'is not CONTAINER:PATH or CONTAINER:PATH:DEST');
  if (to !== null && !isInside(to)) throw wrong(text, `leads outside of this directory: ${to}`);
  return { container, from, to, optional: false, when: 'always', max: null };
}

function wrong(text: string, cause: string): MayflyError {
  return new MayflyError('usage', {
    place: { path: '--artifact' },
    cause: `${JSON.stringify(text)} ${cause}`,
    remedy: 'for example: --artifact build:junit.xml, or build:/work/coverage:out/coverage',
  });
}
