import type { AdmittedPlayer } from '../clients/admit-player.ts';
import type { PlayRequest, PlaySession } from '../clients/play-session.ts';
import { explain, Refusal } from '../clients/refusal.ts';
import type { Address } from '../model/address.ts';
import type { Fault, PlaybackRequest } from './playback-request.ts';

/** What a viewer over HTTP wants to watch. Backends get the URL that SRS makes up for FLV over HTTP. */
export function playRequest(
  { ip, pageUrl, agent, snapshot, vhost }: PlaybackRequest,
  address: Address,
): PlayRequest {
  const tcUrl = `rtmp://${vhost.name}/${address.app}`;
  return { ip, snapshot, vhost, address, tcUrl, pageUrl, agent };
}

/** Asks whether a viewer may watch. If it has gone meanwhile, the answer to its request is what `gone` returns. */
export async function admitViewer(viewer: PlaySession, gone: () => Fault): Promise<AdmittedPlayer | Fault> {
  const outcome = await viewer.admit();
  if (!outcome) return gone();
  return outcome instanceof Refusal ? { ok: false, status: 403, message: explain(outcome) } : outcome;
}
