const form = /^([a-z][a-z0-9-]{0,30})(?:@[a-z0-9][a-z0-9.-]{0,62})?$/;

/** Whether a text is the name of a node: a kind of backend, `docker`, or one of several nodes of a kind, `docker@build-2`. */
export function isNodeName(text: string): boolean {
  return form.test(text);
}

/** The kind of backend that a node is of. */
export function kindOf(node: string): string {
  return form.exec(node)?.[1] ?? node;
}
