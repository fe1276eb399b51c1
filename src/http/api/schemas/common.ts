import { z } from 'zod';

/** What every refusal of `/api/v2` says. */
export const FAULT = z
  .object({ error: z.string().describe('A sentence that says what to do.') })
  .meta({ id: 'Fault' });

/** How many clients were shown out. */
export const KICKED = z.object({ kicked: z.number().int().min(0) }).meta({ id: 'Kicked' });

/** An id in a path or a query. */
export const ID = z.string().min(1).max(200);

/** An answer without a body. */
export const NOTHING = z.undefined().describe('Done.');
