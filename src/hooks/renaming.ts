import type { Delivery } from '../model/delivery.ts';

/** The stream's name, if the answer of this delivery replaced it: then it is a key that nobody is to see. */
export function renamedFrom({ outcome, response, stream }: Delivery): string | undefined {
  if (outcome !== 'allowed' || response === undefined || stream === '') return undefined;
  const name = newName(response);
  return name === undefined || name === stream ? undefined : stream;
}

/** The new name that a SRS backend gives in its body, one of nginx-rtmp in `Location`. An empty one if that is not clear. */
function newName({ status, headers, body }: NonNullable<Delivery['response']>): string | undefined {
  if (status >= 300 && status < 400) {
    const [, location = ''] = headers.find(([name]) => name.toLowerCase() === 'location') ?? [];
    return location === '' || location.includes('://') ? undefined : location;
  }
  if (!body.includes('"stream"')) return undefined;
  try {
    const { data } = JSON.parse(body) as { data?: { stream?: unknown } | null };
    return typeof data?.stream === 'string' ? data.stream : undefined;
  } catch {
    // Too long to have been kept whole.
    return '';
  }
}
