import type { Offer } from '../../spec/offer.js';
import { type BackendName, lifetime, type WorkerSpec } from '../../spec/worker-spec.js';
import { duration } from './format.js';

/** What a synthesized directory is, and what is missing when mayfly itself doesn't apply it. */
export function synthReadme(spec: WorkerSpec, offer: Offer): string {
  const { name } = spec;
  const life = duration(lifetime(spec));
  return `# The worker ${name}, for terraform

\`mayfly synth\` wrote this: \`cdk.tf.json\` is the stack, \`terraform.tfvars.json\` its variables (keys, drawn once; keep it to yourself).

    terraform init && terraform apply
    terraform destroy

\`tofu\` does the same. Both files hold secrets, and so will \`terraform.tfstate\`.
${notes[offer.backend](offer)}
## What \`mayfly apply\` would have added

- **Somebody to end it.** Nothing was armed before it was made, and terraform ends nothing by itself. Every object carries its owner and
  its lifetime, ${life} from its creation, so a keeper of mayfly that watches this backend ends it all the same, and so does
  \`mayfly gc\`, from any machine and without these files, once that time is up. \`mayfly destroy ${name}\` ends it now.
- **A lease.** It would live ${duration(spec.max_duration)} from when it is ready. Without one its birth counts, and \`mayfly extend ${name} …\` writes one.
- **Readiness.** terraform is done when the objects exist. \`mayfly wait ${name} --for ready\` waits until ports listen and healthchecks pass.
- **Cleaning up** of what was half made when the first apply fails, and progress of image pulls with the spec's credentials.

After one of mayfly's commands has ended it, \`terraform.tfstate\` remembers what is gone; the next plan finds that out.

\`mayfly apply SPEC --applier terraform\` has all of it, with the same terraform.
`;
}

const docker = `
The engine joins the bridge \`mayfly\`, which all workers share and no stack holds. mayfly makes it when it is missing; by hand:

    docker network create --label dev.mayfly.network=bridge --opt com.docker.network.bridge.enable_icc=false mayfly
`;

const aws = ({ facts }: Offer) => `
It needs Terraform 1.11 or later: secrets are write-only. The cluster \`${facts.aws?.cluster ?? ''}\` is shared and in no stack. mayfly makes it when it is missing; by hand:

    aws ecs create-cluster --cluster-name ${facts.aws?.cluster ?? ''} --capacity-providers FARGATE

\`ends_at\` and \`ends_again_at\` in \`terraform.tfvars.json\` are when its schedules delete the service, counted from when this was written: write
it anew when you apply later. They delete the service alone; \`mayfly gc\` removes the rest.
`;

/** What is outside the stack, by backend. */
const notes: Record<BackendName, (offer: Offer) => string> = { docker: () => docker, aws, process: () => '' };
