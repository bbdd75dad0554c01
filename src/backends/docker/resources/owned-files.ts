import type { Stack } from '../../../plan/stack.js';

/**
 * Refuses an owner of a file. The provider has none before 4.6; later ones give the file to the user of the container, where it has one.
 */
export function ownedFiles({ resource = {} }: Stack): { cause: string; remedy: string } | null {
  const names = Object.entries(resource['docker_container'] ?? {})
    .filter(([, { upload }]) => Array.isArray(upload) && upload.some(({ owner }: { owner?: string }) => owner !== undefined))
    .map(([name]) => name);
  if (names.length === 0) return null;
  return {
    cause: `the provider of Terraform cannot set the owner of files, and ${names.join(', ')} asks for it`,
    remedy: 'use the embedded applier, or remove owner from files',
  };
}
