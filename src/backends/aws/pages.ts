/** All items of a paged list. */
export async function pages<T>(read: (token: string | undefined) => Promise<{ items: T[]; next: string | undefined }>): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await read(token);
    all.push(...items);
    token = next || undefined;
  } while (token !== undefined);
  return all;
}
