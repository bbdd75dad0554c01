import * as z from 'zod';
import type { Offer } from '../../spec/offer.js';

export const price = z
  .object({ currency: z.literal('USD'), per_hour: z.number(), most: z.number(), as_of: z.string() })
  .nullable()
  .meta({ description: '`most`: for all of create_timeout and max_duration. null: it costs nothing by itself, or is not known' });

export function priceOf({ price: given }: Pick<Offer, 'price'>): z.infer<typeof price> {
  return given && { currency: given.currency, per_hour: given.perHour, most: given.most, as_of: given.asOf };
}
