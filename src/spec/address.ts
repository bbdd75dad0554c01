/** The address of a resource in a stack: `docker_container.engine`. */
export function addressOf(type: string, name: string): string {
  return `${type}.${name}`;
}

/** The type and the name in an address; a name that is missing is empty. */
export function partsOf(address: string): { type: string; name: string } {
  const [type = '', name = ''] = address.split('.');
  return { type, name };
}
