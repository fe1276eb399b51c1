import type { Delivery } from '../../src/model/delivery.ts';

let count = 0;

/** A delivery of `on_publish` that was allowed, but for what is given. Each has an id of its own. */
export function delivery(facts: Partial<Delivery> = {}): Delivery {
  const eventId = facts.eventId ?? `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`;
  return {
    id: `${eventId}-1`,
    eventId,
    action: 'on_publish',
    vhost: 'live.example.com',
    app: 'live',
    stream: 'cam',
    clientId: 'a1b2c3d4',
    url: 'http://127.0.0.1:8085/hook',
    origin: 'http://127.0.0.1:8085',
    attempt: 1,
    at: 1_700_000_000_000,
    request: {
      headers: [['Content-Type', 'application/json']],
      body: '{"action":"on_publish","client_id":7,"stream":"cam","param":""}',
    },
    response: { status: 200, headers: [['content-type', 'text/plain']], body: '0' },
    timing: { queueMs: 0, connectMs: 1.5, firstByteMs: 2.5, totalMs: 4.5 },
    outcome: 'allowed',
    why: '',
    ...facts,
  };
}
