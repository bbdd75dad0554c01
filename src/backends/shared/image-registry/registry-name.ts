/** Docker Hub's name in images, and the key under which `docker login` stores it. */
const hub = 'docker.io';
const hubKey = 'https://index.docker.io/v1/';
const hubNames = [hub, 'index.docker.io', 'registry-1.docker.io'];

/** The registry of an image, by the rules of Docker's references: `docker.io` where the name has none. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase());
  return canonical(isHost ? first : hub);
}

/** The registry's name for a credential helper and for the daemon. */
export function keyOf(registry: string): string {
  return registry === hub ? hubKey : registry;
}

/** Whether a key of a configuration file (`other.example.com`, `https://other.example.com/v2/`) means this registry. */
export function isKeyOf(key: string, registry: string): boolean {
  return canonical(hostOf(key)) === registry;
}

function canonical(host: string): string {
  return hubNames.includes(host) ? hub : host;
}

function hostOf(key: string): string {
  return key.replace(/^[a-z]+:\/\//i, '').split('/')[0]!;
}
