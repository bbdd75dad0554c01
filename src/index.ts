export { MayflyError } from './errors.js';
export type { MayflyEvent } from './events.js';
