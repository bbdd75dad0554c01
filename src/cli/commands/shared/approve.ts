import { createInterface } from 'node:readline/promises';
import { MayflyError } from '../../../errors.js';
import type { Session } from '../../session.js';

/** Asks on a terminal. `remedy`: what to do without one. @throws MayflyError `not_approved` */
export async function approve(session: Session, question: string, remedy: string): Promise<boolean> {
  if (!session.interactive) {
    throw new MayflyError('not_approved', {
      cause: 'there is no terminal to ask for approval on',
      remedy,
    });
  }
  session.settle();
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal that goes away has not said yes.
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  prompt.on('error', () => prompt.close());
  try {
    const asked = prompt.question(`${question} Only "yes" goes on: `, { signal: session.call.stop });
    const answer = await Promise.race([asked, closed]);
    return answer.trim() === 'yes';
  } finally {
    prompt.close();
  }
}
