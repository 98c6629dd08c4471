import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { isLoopback } from '../../../access/loopback.ts';
import { openNeeds } from '../../../access/policy.ts';
import { type Check, type Finding, fail, NO_CONFIG, NO_DAEMON, type Patient, pass, skip, warn } from '../check.ts';

const TIMEOUT_MS = 5_000;
const DAY_MS = 86_400_000;
const EXPIRES_DAYS_MIN = 14;

/** The running instance, asked as a stranger would ask it. Nothing that is sent is an event. */
export const LIVE_CHECKS: readonly Check[] = [
  { id: 'strangers-events', look: strangersEvents },
  { id: 'strangers-reads', look: strangersReads },
  { id: 'wrong-key', look: wrongKey },
  { id: 'rebinding', look: rebinding },
  { id: 'smuggling', look: smuggling },
  { id: 'head-limit', look: headLimit },
  { id: 'error-answers', look: errorAnswers },
  { id: 'certificate', look: certificate },
];

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function strangersEvents(patient: Patient): Promise<Finding> {
  const { running } = patient.status;
  if (running === undefined || patient.settings instanceof Error) return NO_DAEMON;
  if (openNeeds(patient.settings).has('write')) return skip('events need no key here');
  const { status } = await ask(running.url, '/v1/events', { method: 'POST', body: '{}' });
  if (status === 401) return pass('events without a key are answered 401');
  return fail(`events without a key are answered ${status}`, 'trackflow restart, as the settings ask for a key');
}

async function strangersReads(patient: Patient): Promise<Finding> {
  const { running } = patient.status;
  if (running === undefined || patient.settings instanceof Error) return NO_DAEMON;
  const isWide = !isLoopback(patient.settings.listen.host);
  const { status } = await ask(running.url, '/activities');
  if (!isWide || status === 401 || status === 404) return pass(`reads where events are taken: ${status}`);
  return fail(`reads without a key are answered ${status}`, 'set access.read to key, or leave reads.listen empty');
}

async function wrongKey({ status }: Patient): Promise<Finding> {
  if (status.running === undefined) return NO_DAEMON;
  const headers = { authorization: `Bearer tf_wk_${'0'.repeat(13)}_${'0'.repeat(43)}` };
  const answer = await ask(status.running.url, '/v1/events', { method: 'POST', body: '{}', headers });
  if (answer.status === 401) return pass('a key that nobody made is answered 401');
  return fail(`a key that nobody made is answered ${answer.status}`, 'trackflow doctor --bundle FILE, and report it');
}

async function rebinding({ status }: Patient): Promise<Finding> {
  if (status.running === undefined) return NO_DAEMON;
  const { readsUrl } = status.running;
  if (!URL.canParse(readsUrl) || !isLoopback(new URL(readsUrl).hostname)) return skip('reads are not on loopback');
  const named = await ask(readsUrl, '/status', { headers: { host: 'rebound.example' } });
  const page = await ask(readsUrl, '/status', { headers: { origin: 'https://page.example' } });
  if (named.status === 421 && page.status === 403) return pass('other names are answered 421, other pages 403');
  return fail(
    `another name is answered ${named.status}, another page ${page.status}`,
    'trackflow doctor --bundle FILE',
  );
}

async function smuggling({ status }: Patient): Promise<Finding> {
  if (status.running === undefined) return NO_DAEMON;
  const head = 'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n';
  const answer = await raw(status.running.url, `${head}0\r\n\r\n`);
  if (/^HTTP\/1\.1 400 /.test(answer)) return pass('two lengths in one request are answered 400');
  return fail(`two lengths in one request are answered ${answer.slice(0, 12)}`, 'use the Node that comes with it');
}

async function headLimit({ status }: Patient): Promise<Finding> {
  if (status.running === undefined) return NO_DAEMON;
  const answer = await raw(
    status.running.url,
    `GET /ping HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  );
  if (/^HTTP\/1\.1 431 /.test(answer)) return pass('a head that is too large is answered 431');
  return fail(`a head of 20,000 bytes is answered ${answer.slice(0, 12)}`, 'trackflow doctor --bundle FILE');
}

async function errorAnswers({ status, instance }: Patient): Promise<Finding> {
  if (status.running === undefined) return NO_DAEMON;
  const { url } = status.running;
  const answers = [
    await ask(url, '/%ff'),
    await ask(url, '/v1/stats/totals?period=%00'),
    await ask(url, '/v1/events', { method: 'POST', body: '[[[' }),
  ];
  const telling = answers.filter(({ body }) => /\n\s+at |node:|\/dist\//.test(body) || body.includes(instance.home));
  if (telling.length === 0) return pass('errors say nothing of paths and code');
  return fail('an error tells of paths or code', 'trackflow doctor --bundle FILE, and report it');
}

async function certificate({ status, settings, now }: Patient): Promise<Finding> {
  if (status.running === undefined) return NO_DAEMON;
  if (settings instanceof Error) return NO_CONFIG;
  const { url } = status.running;
  if (!url.startsWith('https:')) return skip('the collector speaks plain HTTP');
  const { until, trusted, why } = await peerCertificate(url, settings.tls.acmeDomains[0]);
  const days = Math.floor((until - now()) / DAY_MS);
  const seen = `ends on ${new Date(until).toISOString().slice(0, 10)}, in ${days} days`;
  if (days < 0) return fail(`the certificate has ended: ${seen}`, 'trackflow logs --grep certificate');
  if (!trusted) return warn(`${seen}; this machine does not trust it: ${why}`, 'see that browsers do');
  return days < EXPIRES_DAYS_MIN ? warn(seen, 'trackflow logs --grep certificate') : pass(seen);
}

interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Its certificate is looked at by a check of its own: here any will do. */
function ask(url: string, path: string, { method = 'GET', headers = {}, body }: Question = {}): Promise<Answer> {
  const { protocol, hostname, port } = new URL(url);
  const request = protocol === 'https:' ? httpsRequest : httpRequest;
  const host = hostname.replace(/^\[|\]$/g, '');
  const options = { host, port, path, method, headers, agent: false, rejectUnauthorized: false } as const;
  return new Promise((resolve, reject) => {
    const answered = (response: IncomingMessage) => {
      text(response).then((answer) => resolve({ status: response.statusCode!, body: answer }), reject);
    };
    request({ ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, answered)
      .on('error', reject)
      .end(body);
  });
}

function raw(url: string, bytes: string): Promise<string> {
  const { protocol, hostname, port } = new URL(url);
  const at = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
  const socket: Socket = protocol === 'https:' ? connectTls({ ...at, rejectUnauthorized: false }) : connect(at);
  return new Promise((resolve, reject) => {
    let answer = '';
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer)).on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
    socket.write(bytes);
  });
}

function peerCertificate(
  url: string,
  domain: string | undefined,
): Promise<{ readonly until: number; readonly trusted: boolean; readonly why: string }> {
  const { hostname, port } = new URL(url);
  const servername = domain ?? hostname;
  const options = { host: hostname, port: Number(port), rejectUnauthorized: false, servername, timeout: TIMEOUT_MS };
  return new Promise((resolve, reject) => {
    const socket = connectTls(options, () => {
      const until = Date.parse(socket.getPeerCertificate().valid_to);
      resolve({ until, trusted: socket.authorized, why: String(socket.authorizationError ?? '') });
      socket.destroy();
    });
    socket.on('error', reject).on('timeout', () => socket.destroy(new Error('no answer in time')));
  });
}
