import { createInterface } from 'node:readline/promises';
import { MayflyError } from '../../../errors.js';

interface Asking {
  interactive: boolean;
  settle(): void;
  call: { stop: AbortSignal };
}

/** Asks on a terminal. `remedy`: the remedy where there is none. @throws MayflyError `not_approved` */
export async function approve(session: Asking, question: string, remedy: string): Promise<boolean> {
  if (!session.interactive) {
    throw new MayflyError('not_approved', {
      cause: 'there is no terminal to ask for approval',
      remedy,
    });
  }
  session.settle();
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal that is closed counts as no.
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  prompt.on('error', () => prompt.close());
  try {
    const asked = prompt.question(`${question} Type "yes" to continue: `, { signal: session.call.stop });
    const answer = await Promise.race([asked, closed]);
    return answer.trim() === 'yes';
  } finally {
    prompt.close();
  }
}
