import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** Makes keys of `secrets`, which are raw bytes in base64. */
export function signingKeys(secrets: readonly string[]): readonly KeyObject[] {
  return secrets.map((secret) => createSecretKey(secret, 'base64'));
}

/**
 * The value of `webhook-signature` (Standard Webhooks 1.0, "Signature scheme"): one signature for each key, so that a
 * backend accepts it which knows any of them. `seconds` is the Unix time of this attempt, as in `webhook-timestamp`.
 */
export function signatures(keys: readonly KeyObject[], id: string, seconds: number, body: string): string {
  const signed = `${id}.${seconds}.${body}`;
  return keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`).join(' ');
}
