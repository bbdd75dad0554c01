import { duration, moment } from './format.js';

export interface RetainedWorker {
  worker: string;
  /** The container of the failed command. */
  container: string;
  /** Milliseconds since the epoch. */
  endsAt: number;
  /** Whether the backend makes fresh containers. */
  fresh: boolean;
  now: number;
}

/** The lines after a failed run whose worker is retained: until when, and how to look at it. */
export function retainedLines({ worker, container, endsAt, fresh, now }: RetainedWorker): string {
  return [
    `${worker}: retained until ${moment(endsAt, now)} (${duration((endsAt - now) / 1000)}), with its containers stopped`,
    `  mayfly logs ${worker} ${container}`,
    `  mayfly cp ${worker}:${container}:PATH .`,
    ...(fresh ? [`  mayfly exec -it ${worker} ${container} --fresh -- sh   # a new container with its image and volumes`] : []),
    `  mayfly destroy ${worker}`,
  ].join('\n');
}
