/** Why something is not done: what a client is told with status 403, and nothing else happens. */
export interface Refusal {
  refused: string;
}

export function refuse(why: string): Refusal {
  return { refused: why };
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}
