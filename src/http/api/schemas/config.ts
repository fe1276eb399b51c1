import { z } from 'zod';
import { MAX_CONFIG_TEXT } from '../limits.ts';

const ORIGIN = z.enum(['default', 'unset', 'file', 'env']);

/** A directive or a block. */
export const SETTING = z
  .object({
    name: z.string(),
    args: z.array(z.string()).describe('Secrets are ***.'),
    get block() {
      return z.array(SETTING).nullable();
    },
    origin: ORIGIN,
    file: z.string().nullable().describe('The file or the variable that it comes from.'),
    line: z.number().int().nullable(),
  })
  .meta({ id: 'Setting' });

export const CONFIG = z
  .object({
    file: z.string(),
    editable: z.boolean().describe('False without `edit_config on`; text and etag are empty then.'),
    text: z.string(),
    etag: z.string(),
    settings: z.array(SETTING),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Config' });

const TRIAL = {
  ok: z.boolean(),
  errors: z.array(z.string()).describe('file:line:column: what is wrong, what was expected'),
  warnings: z.array(z.string()),
  changes: z.array(z.object({ path: z.string(), from: z.string().nullable(), to: z.string().nullable() })),
};

export const CONFIG_TRIAL = z.object(TRIAL).meta({ id: 'ConfigTrial' });
export const CONFIG_APPLIED = z.object({ ...TRIAL, applied: z.boolean() }).meta({ id: 'ConfigApplied' });

export const CONFIG_TEXT = z.strictObject({ text: z.string().max(MAX_CONFIG_TEXT) });
export const CONFIG_CHANGE = z.strictObject({
  text: z.string().max(MAX_CONFIG_TEXT),
  etag: z.string().max(128).describe('Of the text that this one is made from.'),
});

export type SettingBody = z.output<typeof SETTING>;
