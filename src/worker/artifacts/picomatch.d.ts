/** The part of picomatch that is used here. It has no types of its own. */
declare module 'picomatch' {
  export default function picomatch(
    glob: string,
    options: { dot: boolean; nonegate: boolean; noextglob: boolean },
  ): (path: string) => boolean;
}
