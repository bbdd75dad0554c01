const headerSize = 8;
const memorySection = 5;

/** Number of memories that a valid module declares. V8's limit is for one memory, and a module of Node 24 may have many. */
export function memoriesOf(module: Uint8Array): number {
  let at = headerSize;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  };
  while (at < module.length) {
    const section = module[at++];
    const size = number();
    const end = at + size;
    if (section === memorySection) return number();
    at = end;
  }
  return 0;
}
