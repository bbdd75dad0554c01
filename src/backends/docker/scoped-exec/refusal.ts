/** The reason for a refused request. The client gets it with status 403; nothing else is done. */
export interface Refusal {
  refused: string;
}

export function refuse(why: string): Refusal {
  return { refused: why };
}

export function isRefusal(value: object): value is Refusal {
  return 'refused' in value;
}
