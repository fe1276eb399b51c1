import { z } from 'zod';

/** Body of every refusal of `/api/v2`. */
export const FAULT: z.ZodType<{ readonly error: string }> = z
  .object({ error: z.string().describe('A sentence that says what to do.') })
  .meta({ id: 'Fault', description: 'It was refused, and why.' });

/** Number of clients that were kicked. */
export const KICKED: z.ZodType<{ readonly kicked: number }> = z
  .object({ kicked: z.number().int().min(0) })
  .meta({ id: 'Kicked', description: 'How many clients were shown out.' });

/** An id in a path or a query. */
export const ID: z.ZodType<string> = z.string().min(1).max(200);

/** A path that names something by its id. */
export const NAMED: z.ZodType<{ readonly id: string }> = z.object({ id: ID });

/** An answer without a body. */
export const NOTHING: z.ZodType<undefined> = z.undefined().describe('Done.');
