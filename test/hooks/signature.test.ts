import { Webhook } from 'standardwebhooks';
import { expect, test, vi } from 'vitest';
import { backend, closingEvent, gateEvent, openGate, staying } from './support.ts';

const secret = (text: string) => Buffer.from(text).toString('base64');
const OLD = secret('the secret until yesterday, thirty-two');
const NEW = secret('the secret from today on, thirty-two b');

/** Headers as the library takes them. */
const textOf = (headers: object) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** One request that was signed with `secrets`, and what the public library says to it. */
async function signed(...secrets: string[]) {
  const { origin, arrival } = await backend(() => '0');
  const { gate } = openGate({ on_publish: [origin] }, { secrets });
  await gate.authorize(gateEvent('on_publish', { stream: 'Kanal Ö 📺' }), staying());
  const { body, headers: all } = await arrival(1);
  const headers = textOf(all);
  const verify = (key: string, text = body) => new Webhook(`whsec_${key}`).verify(text, headers);
  return { body, headers, verify };
}

test("the public library of Standard Webhooks verifies what we sign, and gives the event's body", async () => {
  const { body, verify } = await signed(NEW);
  expect(verify(NEW)).toEqual(JSON.parse(body));
});

test('while secrets are being changed, a backend may know the old one or the new one', async () => {
  const { headers, verify } = await signed(NEW, OLD);
  expect(String(headers['webhook-signature']).split(' ')).toHaveLength(2);
  expect(verify(NEW)).toBeTypeOf('object');
  expect(verify(OLD)).toBeTypeOf('object');
  expect(() => verify(secret('somebody else, who knows neither'))).toThrow('No matching signature');
});

test('a body that was changed on the way is not accepted', async () => {
  const { body, verify } = await signed(NEW);
  expect(() => verify(NEW, body.replace('"live"', '"life"'))).toThrow('No matching signature');
});

test('a request that is replayed later is not accepted, nor with a newer time', async () => {
  const { body, headers, verify } = await signed(NEW);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 301_000 });
  try {
    expect(() => verify(NEW)).toThrow('too old');
    const renewed = { ...headers, 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) };
    expect(() => new Webhook(NEW).verify(body, renewed)).toThrow('No matching signature');
  } finally {
    vi.useRealTimers();
  }
});

test('events that are told are signed too, and without a secret nothing is', async () => {
  const { origin, received, arrival } = await backend(() => '0');
  const signing = openGate({ on_close: [origin] }, { secrets: [NEW] });
  signing.gate.emit(closingEvent('on_close'));
  await signing.hooks.drain(5000);
  const { body, headers } = await arrival(1);
  expect(new Webhook(NEW).verify(body, textOf(headers))).toMatchObject({
    action: 'on_close',
  });
  const silent = openGate({ on_play: [origin] });
  await silent.gate.authorize(gateEvent('on_play'), staying());
  expect(Object.keys(received[1]?.headers ?? {}).filter((name) => name.startsWith('webhook-'))).toEqual([
    'webhook-id',
  ]);
});
