import type { Writable } from 'node:stream';
import { MayflyError } from '../../../errors.js';
import type { CommandSettings } from '../../ports/sessions.js';
import { parseAnswer, type View } from './answer.js';
import type { Ground } from './ground.js';
import { run } from './run.js';

/** Exit code for an image without `sh`, which has no detached commands. */
export const noShell = 127;

interface Question {
  script: string;
  args: readonly string[];
  signal: AbortSignal;
  sink?: Writable;
}

/** Runs a script about one command, as the container's user and if need be as the command's. `null`: no such command. */
export async function ask(ground: Ground, question: Question, user?: string): Promise<View | null> {
  const settings: CommandSettings = { workingDir: '/', user };
  try {
    const { code, stderr } = await run(ground, { ...question, settings });
    if (code === noShell) return null;
    const answer = parseAnswer(stderr);
    if (answer?.owner !== undefined && user === undefined) return await ask(ground, question, answer.owner);
    return answer ? (answer.view ?? null) : unanswered;
  } catch (error) {
    // The container has stopped meanwhile: the next look sees its files.
    if (error instanceof MayflyError && error.code === 'not_ready') return unanswered;
    throw error;
  }
}

/** The script was killed, perhaps with its container. */
export const unanswered: View = { state: { state: 'running' }, cut: false, unsure: true };
