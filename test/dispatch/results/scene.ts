import type { RunCommand } from '../../../src/dispatch/results/run-command.js';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import type { DetachedEnd } from '../../../src/backends/ports/detached.js';
import type { Run } from '../../../src/dispatch/run.js';
import { filesOf } from '../../memory/files.js';
import type { Scene } from '../../memory/scene.js';
import { Readable } from 'node:stream';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '../../support/temp-dir.js';

/** A command of the engine that goes on until the test ends it. */
export function commandOf(more: Partial<RunCommand> = {}): RunCommand {
  return {
    ...{ container: 'engine', argv: ['idle'], env: {}, workingDir: null, user: null, timeout: null, retry: false, hold: false },
    ...more,
  };
}

/** Ends the command of a running run. */
export function endCommand({ hand }: Pick<Scene, 'hand'>, run: Run, end: DetachedEnd): void {
  hand.endCommand(run.worker!, 'engine', commandIdOf(run), end);
}

/** The run's command writes to its output. */
export function writeOutput({ hand }: Pick<Scene, 'hand'>, run: Run, text: string): void {
  hand.writeOutput(run.worker!, 'engine', commandIdOf(run), text);
}

/** Puts files into the engine of a run. */
export async function fillEngine({ node }: Pick<Scene, 'node'>, run: Run, files: Readonly<Record<string, string>>): Promise<void> {
  const source = await tempDir('source');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(source, path, '..'), { recursive: true });
    await writeFile(join(source, path), content);
  }
  const tar = execFileSync('tar', ['-C', source, '-c', '.'], { maxBuffer: 2 ** 26 });
  await filesOf(node.container(run.worker!, 'engine').id).write('/', Readable.from([tar]), new AbortController().signal);
}
