import pc from 'picocolors';
import type { Paint } from '../views/paint.js';

/** Colours of this process's terminal; none if the output is not a terminal or `NO_COLOR` is set. */
export const paint: Paint = pc;
