import { count } from './format.js';

/** An artifact at its place. */
export interface PlacedArtifact {
  path: string;
  files: number;
  bytes: number;
}

/** The last line about artifacts: `collected 2 artifacts: junit.xml (12 kB), coverage (34 files, 1.2 MB)`. */
export function collectedLine(artifacts: readonly PlacedArtifact[]): string {
  if (artifacts.length === 0) return 'collected no artifacts';
  const each = artifacts.map(({ path, files, bytes }) => `${path} (${files === 1 ? '' : `${count(files, 'file')}, `}${size(bytes)})`);
  return `collected ${count(artifacts.length, 'artifact')}: ${each.join(', ')}`;
}

/** Bytes as people read them, in units of 1024: `312 B`, `12 kB`, `1.2 MB`. */
function size(bytes: number): string {
  if (bytes < 2 ** 10) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${Math.round(bytes / 2 ** 10)} kB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
