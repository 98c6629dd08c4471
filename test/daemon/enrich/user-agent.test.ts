import { describe, expect, it } from 'vitest';
import { botClassOf } from '../../../daemon/enrich/bots.ts';
import { createUserAgents } from '../../../daemon/enrich/user-agent.ts';
import { CHROME, IPHONE } from './rig.ts';

describe('the user agent', () => {
  const agents = createUserAgents();

  it.each([
    [CHROME, { browser: 'Chrome', browserVersion: '126', os: 'Windows', osVersion: '10', device: 'desktop', bot: '' }],
    [
      IPHONE,
      { browser: 'Mobile Safari', browserVersion: '17', os: 'iOS', osVersion: '17.5', device: 'mobile', bot: '' },
    ],
    [
      'Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/5.0 TV Safari/537.36',
      { os: 'Tizen', device: 'tv', bot: '' },
    ],
    ['', { browser: '', os: '', device: '', bot: '' }],
    ['curl/8.5.0', { browser: '', os: '', device: '', bot: 'tool' }],
  ])('%s is understood', (userAgent, expected) => {
    expect(agents.parse(userAgent)).toMatchObject(expected);
  });

  it('has one key for one text', () => {
    expect(agents.parse(CHROME).key).toBe(agents.parse(CHROME).key);
    expect(agents.parse(CHROME).key).not.toBe(agents.parse(IPHONE).key);
  });

  it('is read to 512 characters, and never past a column', () => {
    const agent = agents.parse(`Mozilla/5.0 (X11; Linux ${'9'.repeat(400)}) Firefox/${'1'.repeat(90_000)}`);
    expect(Buffer.byteLength(agent.osVersion)).toBeLessThanOrEqual(32);
    expect(Buffer.byteLength(agent.browserVersion)).toBeLessThanOrEqual(32);
  });
});

describe('botClassOf', () => {
  it.each([
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'crawler'],
    ['Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)', 'ai'],
    ['Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)', 'ai'],
    ['facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', 'preview'],
    ['Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)', 'preview'],
    ['Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)', 'monitor'],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36',
      'headless',
    ],
    ['python-requests/2.31.0', 'tool'],
    ['Go-http-client/1.1', 'tool'],
    ['node', 'tool'],
    ['my-service/1.2', 'tool'],
    ['okhttp/4.9.0', ''],
    ['MyApp/1.0 CFNetwork/1408.0.4 Darwin/22.5.0', ''],
    ['Dart/3.1 (dart:io)', ''],
    ['Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36', ''],
    [CHROME, ''],
    [IPHONE, ''],
    ['', ''],
  ])('takes %j for %j', (userAgent, expected) => {
    expect(botClassOf(userAgent)).toBe(expected);
  });
});
