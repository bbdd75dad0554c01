import { withoutUnknown } from '../../src/apply/refresh.js';
import { openAws } from '../../src/backends/aws/clients.js';
import { awsBackend } from '../../src/backends/aws/index.js';
import { placeOf } from '../../src/backends/aws/place.js';
import { systemClock } from '../../src/clock.js';
import { labelKeys } from '../../src/labels.js';
import { normaliseBlock, wantedForCreate } from '../../src/plan/diff.js';
import type { Attributes, Value } from '../../src/plan/resource-schema.js';
import type { DriverSubject } from '../contract/driver.js';
import type { Moto } from '../support/moto/index.js';
import { uniqueName } from '../support/temp-dir.js';
import { type Ground, kinds } from './kinds.js';

/** A driver on the emulator; a name of its own keeps it apart from all others. */
export async function driverSubject(type: string, moto: Moto): Promise<DriverSubject> {
  const backend = awsBackend({ env: moto.env, clock: systemClock });
  const aws = openAws({ place: placeOf(moto.env), env: moto.env, clock: systemClock });
  await backend.prepare();
  const { Subnets = [] } = await aws.ec2.describeSubnets({});
  const ground: Ground = { aws, name: uniqueName('d'), vpc: Subnets[0]!.VpcId!, subnets: Subnets.map(({ SubnetId }) => SubnetId!).sort() };
  const kind = kinds[type]!;
  const driver = backend.drivers[type]!;
  const address = `${type}.subject`;
  const labels = { [labelKeys.worker]: ground.name, [labelKeys.lifetime]: '3600', [labelKeys.address]: address };
  const block = { ...(await kind.configured(ground)), ...(kind.tagged && { tags: labels }) };
  const wantedOf = (more: Record<string, Value> = {}): Attributes =>
    withoutUnknown(wantedForCreate(normaliseBlock({ ...block, ...more }, driver.schema), driver.schema));
  const wanted = wantedOf();
  return {
    driver,
    address,
    wanted,
    labels: kind.tagged ? labels : null,
    update: kind.update && {
      wanted: wantedOf({ [kind.update.attribute]: kind.update.value }),
      changes: [
        {
          path: kind.update.attribute,
          before: wanted[kind.update.attribute] ?? null,
          after: kind.update.value,
          replaces: false,
          secret: false,
        },
      ],
    },
    plantForeign:
      kind.foreign &&
      (async () => {
        await kind.foreign!(ground);
        const id = String(wanted['name'] ?? wanted['family']);
        const planted = JSON.stringify(await kind.look(ground, id));
        return { intact: async () => JSON.stringify(await kind.look(ground, id)) === planted };
      }),
    ...(kind.removeHolder && { removeHolder: async () => void (await kind.removeHolder!(ground)) }),
    labelsOf: async (id) => (await kind.look(ground, id))?.labels ?? null,
    async close() {
      aws.close();
      backend.close();
    },
  };
}
