import type { Delivery } from '../../src/model/delivery.ts';

/** A delivery like any other. */
export const DELIVERY: Delivery = {
  id: '1',
  eventId: '1',
  action: 'on_publish',
  vhost: 'a.example.com',
  app: 'live',
  stream: 'cam',
  clientId: 'k2m9xq01',
  url: 'http://127.0.0.1:8085/streams',
  origin: 'http://127.0.0.1:8085',
  attempt: 1,
  at: 0,
  request: { headers: [], body: '' },
  response: undefined,
  timing: { queueMs: 0, connectMs: undefined, firstByteMs: undefined, totalMs: 1 },
  outcome: 'allowed',
  why: '',
};
