// A backend for Gatecast's http_hooks: node backend.mjs [port]. Publishers need ?token=SECRET; all else is welcome.
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = Buffer.from(process.env.TOKEN ?? 'secret');

function decide(event) {
  if (event.action !== 'on_publish') return { code: 0 };
  const query = new URLSearchParams(event.param.replace(/^\?/, ''));
  const token = Buffer.from(query.get('token') ?? '');
  if (token.length === secret.length && timingSafeEqual(token, secret)) return { code: 0 };
  return { code: 403, message: 'token missing or wrong' };
}

const server = createServer(async (request, response) => {
  let answer;
  try {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    answer = decide(JSON.parse(text));
  } catch {
    answer = { code: 400, message: 'not a hook' };
  }
  const body = JSON.stringify(answer);
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
});
server.listen(Number(process.argv[2] ?? 8085), '127.0.0.1', () => console.log('listening'));
