import { sharedCluster, sharedTag } from '../backends/aws/place.js';
import type { Variables } from '../plan/stack.js';
import type { Offer } from '../spec/offer.js';
import { type BackendName, lifetime, type WorkerSpec } from '../spec/worker-spec.js';
import { duration } from './format.js';

/**
 * What a synthesized directory is, and what is missing when mayfly itself doesn't apply it. `unwritten`: variables that are in no file; of
 * their values, JSON objects, only the keys are told.
 */
export function synthReadme(spec: WorkerSpec, offer: Offer, unwritten: Variables): string {
  const { name } = spec;
  const life = duration(lifetime(spec));
  // Where no worker is known yet, a cloud is asked only when it is named.
  const there = offer.backend === 'aws' ? ' --backend aws' : '';
  return `# The worker ${name}, for terraform

\`mayfly synth\` wrote this: \`cdk.tf.json\` is the stack, \`terraform.tfvars.json\` its variables (keys, drawn once; keep it to yourself).

    terraform init && terraform apply
    terraform destroy

\`tofu\` does the same. Both files hold secrets, and so will \`terraform.tfstate\`.
${inEnvironment(unwritten)}${notes[offer.backend]?.(offer)}
## What \`mayfly apply\` would have added

- **Somebody to end it.** Nothing was armed before it was made, and terraform ends nothing by itself. Every object carries its owner and
  its lifetime, ${life} from its creation, so a keeper of mayfly that watches this backend ends it all the same, and so does
  \`mayfly gc${there}\`, from any machine and without these files, once that time is up. \`mayfly destroy ${name}${there}\` ends it now.
- **A lease.** It would live ${duration(spec.max_duration)} from when it is ready. Without one its birth counts, and \`mayfly extend ${name} …${there}\` writes one.
- **Readiness.** terraform is done when the objects exist. \`mayfly wait ${name} --for ready${there}\` waits until ports listen and healthchecks pass.
${more[offer.backend]}- **Cleaning up** of what was half made when the first apply fails, and progress of image pulls with the spec's credentials.

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

const docker = `
The engine joins the bridge \`mayfly\`, which all workers share and no stack holds. mayfly makes it when it is missing; by hand:

    docker network create --label dev.mayfly.network=bridge --opt com.docker.network.bridge.enable_icc=false mayfly
`;

const aws = ({ facts }: Offer) => `
It needs Terraform 1.11 or later: secrets are write-only. ${cluster(facts.aws!)}
\`ends_at\` and \`ends_again_at\` in \`terraform.tfvars.json\` are when its schedules delete the service, counted from when this was written:
run \`mayfly synth\` again when you apply later, keys stay as they are. They delete the service alone; \`mayfly gc --backend aws\` removes the
rest. With \`aws_region\` in the settings, mayfly's commands look at AWS without being told to.
`;

function cluster({ cluster, region }: { cluster: string; region: string }): string {
  if (cluster !== sharedCluster) return `The ECS cluster \`${cluster}\` is in no stack and has to be there.\n`;
  const tags = Object.entries(sharedTag).map(([key, value]) => `key=${key},value=${value}`);
  return `The cluster \`${cluster}\` is shared and in no stack. mayfly
makes it when it is missing, with a tag by which \`mayfly gc --backend aws\` removes it when no worker is left; by hand:

    aws ecs create-cluster --region ${region} --cluster-name ${cluster} --tags ${tags}
`;
}

/** What is outside the stack, by backend. */
const notes: Record<BackendName, (offer: Offer) => string> = { docker: () => docker, aws, process: () => '' };

const addresses = `- **Its address.** AWS tells it once the task runs, and mayfly writes it into \`access\` when the worker is ready. Until then \`access.addresses\`
  is empty; by hand, put it into \`address\` in \`terraform.tfvars.json\` and run \`terraform apply\` again.
`;

/** What mayfly does of a backend alone. */
const more: Record<BackendName, string> = { docker: '', aws: addresses, process: '' };
