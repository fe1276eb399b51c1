import { askToConnect } from '../../clients/admission.ts';
import { ClientEvents } from '../../clients/client-events.ts';
import { unresolved } from '../../clients/refusal.ts';
import { cutsQueries, resolveConnect } from '../../model/address.ts';
import { headOfApp } from '../../model/concealed-names.ts';
import type { VhostOptions } from '../../model/options.ts';
import type { AmfObject, AmfValue } from '../../protocol/amf0/value.ts';
import type { Command } from '../../protocol/rtmp/command.ts';
import { setPeerBandwidth, windowAckSize } from '../../protocol/rtmp/control.ts';
import { connectResult } from '../replies.ts';
import type { ConnectInfo, SessionContext } from '../session-context.ts';
import { refuse } from './refuse.ts';

/**
 * `connect` (RTMP 7.2.1.1): finds the vhost, asks its `on_connect` and only then answers. Under the srs5 schema the
 * question waits until the client has named its stream, as SRS does since 2.0.246; so it does where the host names no
 * vhost that is configured, since the stream name may.
 */
export async function connect(context: SessionContext, command: Command): Promise<void> {
  const request = readRequest(command.args[0]);
  const { connection } = context;
  const snapshot = context.clients.snapshot;
  const said = { ...request, cutsQueries: cutsQueries(request.flashVer) };
  const resolution = resolveConnect(said, snapshot.vhosts, snapshot.strictVhost);
  if (!resolution.ok && !resolution.undecided) {
    return refuse(context, command, 0, unresolved(resolution));
  }
  const address = resolution.ok ? resolution.address : undefined;
  const vhost = address && snapshot.vhosts.get(address.vhost);

  const { tcUrl, app, pageUrl, flashVer, swfUrl } = request;
  const facts = { client: context.client, tcUrl, pageUrl, flashVer, swfUrl };
  const events = new ClientEvents(snapshot.gate, facts, connection, context.clients.clock);
  const connectInfo: ConnectInfo = {
    snapshot,
    home: vhost?.name,
    tcUrl,
    app,
    cutsQueries: said.cutsQueries,
    events,
  };
  context.connectInfo = connectInfo;
  if (address && vhost && vhost.hooks.schema !== 'srs5') {
    const refusal = await askToConnect(events, address);
    if (refusal) return refuse(context, command, 0, refusal);
    if (connection.isClosed()) return;
  }
  context.log.info({ vhost: address?.vhost, app: headOfApp(address?.app ?? '') }, 'client connected');
  const terms = vhost ?? TERMS;
  connection.acknowledgeEvery(terms.inAckSize);
  connection.setNoDelay(terms.tcpNodelay);
  connection.send(windowAckSize(terms.outAckSize), setPeerBandwidth(terms.outAckSize));
  connection.switchChunkSize(terms.chunkSize);
  connection.send(connectResult(command.transactionId, request.object));
}

/** Settings for a client whose vhost only a stream name can tell: the directives' defaults. */
const TERMS: Pick<VhostOptions, 'inAckSize' | 'outAckSize' | 'chunkSize' | 'tcpNodelay'> = {
  inAckSize: 0,
  outAckSize: 2_500_000,
  chunkSize: 60_000,
  tcpNodelay: true,
};

interface ConnectRequest {
  readonly object: AmfObject;
  readonly tcUrl: string;
  readonly app: string;
  readonly pageUrl: string;
  readonly flashVer: string;
  readonly swfUrl: string;
}

function readRequest(value: AmfValue): ConnectRequest {
  const object =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AmfObject) : {};
  const text = (key: string) => {
    const field = object[key];
    return typeof field === 'string' ? field : '';
  };
  return {
    object,
    tcUrl: text('tcUrl'),
    app: text('app'),
    pageUrl: text('pageUrl'),
    flashVer: text('flashVer'),
    swfUrl: text('swfUrl'),
  };
}
