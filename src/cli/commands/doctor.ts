import pc from 'picocolors';
import { examine, type Finding } from '../../worker/doctor.js';
import { type CommonArgs, inSession } from '../session.js';

const marks: Record<Finding['kind'], string> = { ok: pc.green('ok'), note: pc.yellow('--'), problem: pc.red('!!') };

/** Exits with 1 when there is something to do. */
export async function run(args: CommonArgs): Promise<void> {
  await inSession(args, async ({ house, json, out, line }) => {
    const findings = await examine(house);
    const problems = findings.filter(({ kind }) => kind === 'problem').length;
    if (json) {
      line({ state_dir: house.layout.root, findings });
      return problems > 0 ? 1 : 0;
    }
    out(`state in ${house.layout.root}`);
    for (const { kind, subject, message, remedy } of findings)
      out(`${marks[kind]} ${subject}: ${message}${remedy ? `\n     → ${remedy}` : ''}`);
    return problems > 0 ? 1 : 0;
  });
}
