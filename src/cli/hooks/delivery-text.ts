import { styleText } from 'node:util';
import { shortId } from '../../hooks/delivery-log.ts';
import type { Delivery, DeliveryOutcome, DeliveryTiming } from '../../model/delivery.ts';
import { isQuestion } from '../../model/events.ts';

type Color = Parameters<typeof styleText>[0];
/** Puts a colour on a text, or nothing. */
export type Paint = (color: Color, text: string) => string;

/** Colours are for terminals, and for people who want them (https://no-color.org). */
export function paintFor(stream: { readonly isTTY?: boolean }): Paint {
  const colored = stream.isTTY === true && !process.env['NO_COLOR'];
  return colored ? styleText : (_color, text) => text;
}

const COLORS: Readonly<Record<DeliveryOutcome, Color>> = {
  allowed: 'green',
  refused: 'yellow',
  failed: 'red',
  skipped: 'red',
};

/** One delivery on one line: when, what, who, where to, and what came of it. */
export function formatLine(delivery: Delivery, paint: Paint): string {
  const { at, id, action, clientId, url, attempt, outcome, response, timing } = delivery;
  const parts = [
    paint('dim', new Date(at).toISOString().slice(11, 23)),
    paint('dim', shortId(id)),
    action.padEnd(12),
    clientId === '' ? '-' : printable(clientId),
    placeOf(delivery),
    paint('dim', printable(url)),
    response?.status ?? '-',
    formatMs(timing.totalMs),
    paint(COLORS[outcome], verdictOf(delivery)),
    attempt > 1 ? `(attempt ${attempt})` : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/** Everything about a delivery, over several lines. */
export function formatWhole(delivery: Delivery, paint: Paint): string {
  const { id, eventId, action, clientId, url, attempt, at } = delivery;
  const who = clientId === '' ? '' : `, client ${clientId}`;
  const lines = [
    `${paint('bold', action)} of ${placeOf(delivery)}${who}`,
    `event    ${eventId}`,
    `delivery ${id}, attempt ${attempt}, ${new Date(at).toISOString()}`,
    '',
    paint('bold', `POST ${printable(url)}`),
    ...exchangeLines(delivery, paint),
    `verdict  ${paint(COLORS[delivery.outcome], verdictOf(delivery))}`,
  ];
  return lines.join('\n');
}

/** Text of a delivery below its first line: the request, the answer, and where the time went. */
export function exchangeLines({ request, response, timing }: Delivery, paint: Paint): string[] {
  const headerLines = (headers: Delivery['request']['headers']) =>
    headers.map(([name, value]) => printable(`${name}: ${value}`));
  const bodyLines = (body: string) => body.split('\n').map(printable);
  return [
    ...headerLines(request.headers),
    '',
    ...bodyLines(request.body),
    '',
    paint('bold', response === undefined ? 'no answer' : `status ${response.status}`),
    ...headerLines(response?.headers ?? []),
    ...(response === undefined ? [] : ['', ...bodyLines(response.body)]),
    '',
    `time     ${formatTiming(timing)}`,
  ];
}

/** `12.3 ms: queue 0, connect 8.1, first byte 3.9`; what did not come to pass is left out. */
function formatTiming({ totalMs, queueMs, connectMs, firstByteMs }: DeliveryTiming): string {
  const parts = [
    `queue ${round(queueMs)}`,
    connectMs === undefined ? '' : `connect ${round(connectMs)}`,
    firstByteMs === undefined ? '' : `first byte ${round(firstByteMs)}`,
  ];
  return `${formatMs(totalMs)}: ${parts.filter((part) => part !== '').join(', ')}`;
}

/** Outcome of a delivery, in words. */
export function verdictOf({ action, outcome, why, url }: Delivery): string {
  const reason = printable(why.replace(`The backend ${url} `, '').replace(/\.$/, ''));
  switch (outcome) {
    case 'allowed':
      return isQuestion(action) ? 'allowed' : 'delivered';
    case 'refused':
      return `refused: ${reason}`;
    case 'failed':
      return `failed: ${reason}`;
    case 'skipped':
      return `not sent: the backend ${reason}`;
    default:
      return outcome satisfies never;
  }
}

/** Milliseconds for people. */
export function formatMs(ms: number): string {
  return `${round(ms)} ms`;
}

function round(ms: number): string {
  return ms < 10 ? String(Math.round(ms * 10) / 10) : String(Math.round(ms));
}

function placeOf({ vhost, app, stream }: Delivery): string {
  return printable([vhost, app, stream].filter((part) => part !== '').join('/'));
}

/** Makes text of a client or a backend fit to print: it must not write lines of its own, or steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}
