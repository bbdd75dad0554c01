import { createInterface } from 'node:readline/promises';
import { MayflyError } from '../../errors.js';
import type { Session } from '../session.js';

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
  try {
    const answer = await prompt.question(`${question} Only "yes" goes on: `, { signal: session.house.stop });
    return answer.trim() === 'yes';
  } finally {
    prompt.close();
  }
}
