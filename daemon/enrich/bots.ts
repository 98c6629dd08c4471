import { isbot } from 'isbot';

/**
 * Classes of what is no person: `ai` (crawls for or answers as a language model), `preview` (unfurls a link in a
 * messenger), `monitor` (checks uptime or speed), `headless` (an automated browser), `tool` (an HTTP library or
 * command), `crawler` (every other bot).
 */
export type BotClass = 'ai' | 'preview' | 'monitor' | 'headless' | 'tool' | 'crawler';

/** Parts of user agents in lower case; the first class that matches holds. Only asked after isbot said yes, or for `ai`. */
const MARKS: readonly (readonly [BotClass, readonly string[]])[] = [
  [
    'ai',
    [
      'gptbot',
      'chatgpt-user',
      'oai-searchbot',
      'claudebot',
      'claude-user',
      'claude-searchbot',
      'claude-web',
      'anthropic-ai',
      'perplexity',
      'ccbot',
      'bytespider',
      'google-extended',
      'google-cloudvertexbot',
      'amazonbot',
      'applebot-extended',
      'meta-externalagent',
      'meta-externalfetcher',
      'cohere-ai',
      'cohere-training',
      'diffbot',
      'youbot',
      'mistralai',
      'duckassistbot',
      'ai2bot',
      'petalbot',
      'timpibot',
    ],
  ],
  [
    'preview',
    [
      'facebookexternalhit',
      'facebot',
      'twitterbot',
      'slackbot',
      'slack-imgproxy',
      'telegrambot',
      'whatsapp',
      'discordbot',
      'linkedinbot',
      'pinterestbot',
      'skypeuripreview',
      'redditbot',
      'mastodon',
      'bluesky',
      'snapchat',
      'viber',
      'embedly',
      'iframely',
      'google-pagerenderer',
      'bingpreview',
    ],
  ],
  [
    'monitor',
    [
      'uptimerobot',
      'pingdom',
      'statuscake',
      'site24x7',
      'datadog',
      'newrelic',
      'better uptime',
      'betterstack',
      'uptime-kuma',
      'gtmetrix',
      'lighthouse',
      'pagespeed',
      'checkly',
      'zabbix',
      'nagios',
      'prometheus',
      'kube-probe',
      'googlehc',
      'elb-healthchecker',
      'hetrixtools',
      'freshping',
    ],
  ],
  [
    'headless',
    ['headless', 'phantomjs', 'slimerjs', 'puppeteer', 'playwright', 'selenium', 'webdriver', 'cypress', 'electron/'],
  ],
  [
    'tool',
    [
      'curl/',
      'wget',
      'python',
      'aiohttp',
      'httpx',
      'go-http-client',
      'java/',
      'apache-httpclient',
      'axios',
      'node-fetch',
      'undici',
      'postman',
      'insomnia',
      'libwww-perl',
      'guzzle',
      'php/',
      'ruby',
      'faraday',
      'httpie',
      'powershell',
      'scrapy',
      'reqwest',
      'k6/',
      'wrk',
      'apachebench',
      'vegeta',
      'hey/',
      'autocannon',
    ],
  ],
];

/** Libraries that native apps send with: their events come from people. */
const APP_LIBRARIES: readonly string[] = ['okhttp/', 'cfnetwork/', 'dart/', 'dart:io', 'alamofire/', 'ktor'];

/** The class of bot that a user agent names; empty for people, apps and no user agent at all. */
export function botClassOf(userAgent: string): BotClass | '' {
  if (userAgent === '') return '';
  const lower = userAgent.toLowerCase();
  if (APP_LIBRARIES.some((library) => lower.includes(library))) return '';
  if (!isbot(userAgent)) return '';
  for (const [botClass, marks] of MARKS) {
    if (marks.some((mark) => lower.includes(mark))) return botClass;
  }
  return isProgramName(lower) ? 'tool' : 'crawler';
}

/** A single word (`myservice/1.2`) is a program that kept its library's habit; crawlers explain themselves at length. */
function isProgramName(lower: string): boolean {
  return !/[\s;+]/.test(lower) && !/bot|crawl|spider|slurp/.test(lower);
}
