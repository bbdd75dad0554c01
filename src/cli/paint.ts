import pc from 'picocolors';
import type { Paint } from '../views/paint.js';

/** The colours of this process's terminal; none where its output is no terminal, or `NO_COLOR` is set. */
export const paint: Paint = pc;
