import type { Cancel } from '../../../backends/ports/sessions.js';
import type { Session } from '../../session.js';
import { toDuration } from '../../times.js';

/** How an interrupt of this process ends its command. `grace`: the option. @throws MayflyError `usage` */
export function endingOf({ asked }: Pick<Session, 'asked'>, { grace }: { grace: string }): Pick<Cancel, 'grace' | 'signal'> {
  return { grace: toDuration(grace, '--grace', '--grace 30s') * 1000, signal: asked };
}
