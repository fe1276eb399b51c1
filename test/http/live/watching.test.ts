import { describe, expect, test } from 'vitest';
import { OPENING_LINES, opening, packet, startWebServer } from '../../support/web-server.ts';

describe.each(['http', 'websocket'] as const)('over %s', (way) => {
  test('a viewer gets what is published, from the newest keyframe on', async () => {
    const { publish, watch } = await startWebServer();
    const publisher = await publish();
    publisher.send(...opening());
    const viewer = await watch[way]('/live/cam.flv');
    expect(await viewer.has(5)).toEqual(OPENING_LINES);
    publisher.send(packet.frame('f2', 80));
    expect((await viewer.has(6)).at(-1)).toBe('video@80 f2');
    expect(viewer.announced).toEqual({ hasAudio: true, hasVideo: true });
  });
});
