/** A structured log: fields first, then one plain sentence. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}
