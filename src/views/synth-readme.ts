import type { TerraformNotes } from '../backends/ports/describe.js';
import type { Variables } from '../plan/stack.js';
import type { Offer } from '../spec/offer.js';
import { lifetime, type WorkerSpec } from '../spec/worker-spec.js';
import { duration } from './format.js';

/**
 * The README of a synthesized directory: its files, and the work that mayfly's own apply does beside terraform's. `unwritten`: variables
 * that are in no file. Their values are JSON objects, of which only the keys are shown.
 */
export function synthReadme(spec: WorkerSpec, offer: Offer, unwritten: Variables, notes: TerraformNotes): string {
  const { name } = spec;
  const { option } = notes;
  const life = duration(lifetime(spec));
  return `# The worker ${name}, for terraform

\`mayfly synth\` wrote this: \`cdk.tf.json\` is the stack, \`terraform.tfvars.json\` its variables (keys, drawn once; keep it to yourself).

    terraform init && terraform apply
    terraform destroy

\`tofu\` does the same. Both files hold secrets, and so will \`terraform.tfstate\`.
${inEnvironment(unwritten)}${notes.outside(offer)}
## What \`mayfly apply\` would have added

- **Somebody to end it.** Nothing was armed before it was made, and terraform ends nothing by itself. Every object carries its owner and
  its lifetime, ${life} from its creation, so a keeper of mayfly that watches this backend ends it all the same, and so does
  \`mayfly gc${option}\`, from any machine and without these files, once that time is up. \`mayfly destroy ${name}${option}\` ends it now.
- **A lease.** It would live ${duration(spec.max_duration)} from when it is ready. Without one its birth counts, and \`mayfly extend ${name} …${option}\` writes one.
- **Readiness.** terraform is done when the objects exist. \`mayfly wait ${name} --for ready${option}\` waits until ports listen and healthchecks pass.
${notes.added}- **Cleaning up** of what was half made when the first apply fails, and progress of image pulls with the spec's credentials.

After one of mayfly's commands has ended it, \`terraform.tfstate\` remembers what is gone; the next plan finds that out.

\`mayfly apply SPEC --applier terraform\` has all of it, with the same terraform.
`;
}

function inEnvironment(unwritten: Variables): string {
  const lines = Object.entries(unwritten).map(([name, value]) => {
    const shape = Object.fromEntries(Object.keys(JSON.parse(value) as object).map((key) => [key, '…']));
    return `    export TF_VAR_${name}='${JSON.stringify(shape)}'`;
  });
  if (lines.length === 0) return '';
  return `
## Before plan, apply and destroy

Secrets that are kept in no file are given in the environment, a JSON object each:

${lines.join('\n')}

\`remote_key\` and \`self_key\` are those of \`terraform.tfvars.json\`, \`engine__TOKEN\` would be what \`TOKEN\` is to be in the engine. When one
of them changes, another whole number as \`secrets_version\` in \`terraform.tfvars.json\` has them written anew.
`;
}
