import { basename, dirname, resolve } from 'node:path';
import { slug } from '../../../spec/names.js';
import { inSession } from '../../session.js';
import { writeUserFile } from '../../write-file.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ call, json, out, line }) => {
    const backend = args.backend ?? call.nodes.names[0]!;
    // Two projects with a `mayfly.yaml` get workers of different names.
    const name = slug(basename(dirname(resolve(args.file))));
    await writeUserFile(args.file, call.nodes.entry(backend).example(name), { fresh: true });
    if (json) line({ file: args.file, backend });
    else out(`Wrote ${args.file}, a first spec for ${backend}. Next: mayfly plan ${args.file}`);
    return 0;
  });
}
