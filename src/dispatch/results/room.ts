import { MayflyError } from '../../errors.js';

/** Limits of results, in bytes and files. */
export interface ResultsLimits {
  /** Bytes of a command's output that are kept. */
  output: number;
  /** Bytes of the artifacts of a run. */
  artifacts: number;
  /** Files among the artifacts of a run. */
  files: number;
  /** Bytes of the results of all runs. */
  total: number;
}

/** The room for results of all runs. */
export class Room {
  /** Bytes. */
  used = 0;

  constructor(readonly limits: ResultsLimits) {}
}

/** The room that one collection takes. It is given back if the collection fails. */
export class Share {
  private bytes = 0;
  private artifacts = 0;
  private files = 0;

  constructor(private readonly room: Room) {}

  /** Counts an artifact's file. @returns the error where it is too much */
  count(bytes: number): MayflyError | null {
    this.files += 1;
    this.artifacts += bytes;
    const { artifacts, files } = this.room.limits;
    if (this.files > files) return exceeded(`the run has more than ${files} files`, 'serve.results.files', 'collect fewer files');
    if (this.artifacts > artifacts)
      return exceeded(`the run has more than ${artifacts / 2 ** 20} MB of artifacts`, 'serve.results.artifacts', 'collect less');
    return this.take(bytes);
  }

  /** Takes room for bytes. @returns the error where it is too much */
  take(bytes: number): MayflyError | null {
    const { total } = this.room.limits;
    if (this.room.used + bytes > total) {
      return exceeded(
        `the results of all runs would have more than ${total / 2 ** 20} MB`,
        'serve.results.total',
        'reject results, or wait for their end',
      );
    }
    this.bytes += bytes;
    this.room.used += bytes;
    return null;
  }

  giveBack(): void {
    this.room.used -= this.bytes;
    this.bytes = 0;
  }
}

function exceeded(cause: string, setting: string, remedy: string): MayflyError {
  return new MayflyError('limit_exceeded', { place: { path: 'results' }, cause, remedy: `${remedy}, or raise \`${setting}\`` });
}
