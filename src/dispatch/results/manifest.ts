import { createHash } from 'node:crypto';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as z from 'zod';

const resultFile = z.object({ path: z.string(), bytes: z.number(), sha256: z.string() });

/** The content of results, as `manifest.json` has it. */
export const manifestSchema = z.object({
  run: z.string(),
  attempt: z.number(),
  exit_code: z.number().nullable(),
  /** Bytes of `output.log`. `cut`: the command has written more, and only the first bytes are kept. */
  output: z.object({ bytes: z.number(), cut: z.boolean() }),
  /** All files, with `output.log`, by their paths below the directory of the results. SHA-256 as hex. */
  files: z.array(resultFile),
  /** Artifacts that were not collected, each with the reason. */
  missing: z.array(z.object({ artifact: z.string(), cause: z.string() })),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ResultFile = z.infer<typeof resultFile>;

export const manifestName = 'manifest.json';
export const outputName = 'output.log';
export const artifactsName = 'artifacts';

/**
 * Every file below a directory, sorted by path, after its content is on the disk. A link to a file of the directory counts as a file, a link to
 * a directory does not.
 */
export async function filesIn(directory: string): Promise<ResultFile[]> {
  const root = await realpath(directory);
  const entries = await readdir(root, { withFileTypes: true, recursive: true });
  const files: ResultFile[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) continue;
    const real = await realpath(path);
    if (!real.startsWith(`${root}/`)) continue;
    if ((await stat(real)).isFile()) files.push({ path: relative(root, path), ...(await digestOf(real)) });
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Size and SHA-256 of a file, whose content is on the disk then. */
export async function digestOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const file = await open(path, 'r');
  try {
    await file.sync();
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}
