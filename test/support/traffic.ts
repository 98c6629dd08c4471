/** Sends `eventsPerSecond` events of some visitors, in ten requests a second, until it is disposed of. */
export function sendTraffic(url: string, eventsPerSecond: number): AsyncDisposable & { readonly sent: number } {
  let sent = 0;
  let stopped = false;
  const events = (): object[] =>
    Array.from({ length: Math.ceil(eventsPerSecond / REQUESTS_PER_SECOND) }, (_, index) => {
      const n = sent + index;
      return {
        name: NAMES[n % NAMES.length],
        account: 'shop',
        visitor_id: `visitor-${n % VISITORS}`,
        url: `https://shop.example${PAGES[n % PAGES.length]}${n % 3 === 0 ? '?utm_campaign=spring' : ''}`,
        referrer: 'https://news.example/',
      };
    });
  const run = async (): Promise<void> => {
    for (let nextAt = Date.now(); !stopped; nextAt += 1_000 / REQUESTS_PER_SECOND) {
      const body = JSON.stringify(events());
      const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers: JSON_TYPE, body });
      sent += ((await answer.json()) as { accepted?: number }).accepted ?? 0;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextAt - Date.now())));
    }
  };
  const running = run();
  return {
    get sent() {
      return sent;
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await running;
    },
  };
}

const REQUESTS_PER_SECOND = 10;
const VISITORS = 40;
const NAMES = ['pageview', 'click', 'signup'];
const PAGES = ['/', '/pricing', '/docs'];
const JSON_TYPE = { 'content-type': 'application/json' };
