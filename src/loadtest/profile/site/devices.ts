import { weighted } from './weighted.ts';

export interface Device {
  readonly userAgent: string;
  readonly screens: readonly string[];
}

const desktop = (userAgent: string): Device => ({
  userAgent,
  screens: ['1920x1080', '1536x864', '2560x1440', '1366x768', '1440x900', '1920x1200', '1680x1050', '3840x2160'],
});
const mac = (userAgent: string): Device => ({
  userAgent,
  screens: ['1440x900', '1512x982', '1728x1117', '2560x1440', '1470x956', '1680x1050', '1920x1080', '1800x1169'],
});
const android = (userAgent: string): Device => ({
  userAgent,
  screens: ['360x800', '412x915', '393x873', '384x854', '412x892', '360x780', '393x852', '432x960'],
});
const iphone = (userAgent: string): Device => ({
  userAgent,
  screens: ['390x844', '393x852', '430x932', '375x812', '414x896', '402x874', '440x956', '375x667'],
});
const ipad = (userAgent: string): Device => ({ userAgent, screens: ['820x1180', '810x1080', '834x1194', '1024x1366'] });

const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome';
const IOS = 'AppleWebKit/605.1.15 (KHTML, like Gecko) Version';

/** Browsers about as often as they are met. Chrome has said "10.0; K" for every Android telephone since version 110. */
export const DEVICES: readonly Device[] = weighted([
  [58, android(`Mozilla/5.0 (Linux; Android 10; K) ${CHROME}/148.0.0.0 Mobile Safari/537.36`)],
  [14, android(`Mozilla/5.0 (Linux; Android 10; K) ${CHROME}/147.0.0.0 Mobile Safari/537.36`)],
  [
    12,
    android(
      `Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36`,
    ),
  ],
  [5, android('Mozilla/5.0 (Android 15; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0')],
  [38, iphone(`Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) ${IOS}/26.4 Mobile/15E148 Safari/604.1`)],
  [14, iphone(`Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) ${IOS}/18.6 Mobile/15E148 Safari/604.1`)],
  [4, ipad(`Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) ${IOS}/18.6 Mobile/15E148 Safari/604.1`)],
  [50, desktop(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}/148.0.0.0 Safari/537.36`)],
  [10, desktop(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}/147.0.0.0 Safari/537.36`)],
  [16, desktop(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME}/148.0.0.0 Safari/537.36 Edg/148.0.0.0`)],
  [8, desktop('Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0')],
  [10, mac(`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${CHROME}/148.0.0.0 Safari/537.36`)],
  [10, mac(`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${IOS}/26.4 Safari/605.1.15`)],
  [5, desktop(`Mozilla/5.0 (X11; Linux x86_64) ${CHROME}/148.0.0.0 Safari/537.36`)],
  [2, desktop('Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0')],
]);

const bot = (userAgent: string): Device => ({ userAgent, screens: ['1024x768', '800x600'] });

/** What reads pages and runs their scripts, but is nobody. */
export const BOTS: readonly Device[] = [
  bot('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'),
  bot('Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)'),
  bot('Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)'),
  bot('Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)'),
  bot('facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)'),
  bot(`Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/146.0.0.0 Safari/537.36`),
];

/** What backends send with. */
export const BACKENDS: readonly string[] = [
  'axios/1.13.2',
  'python-requests/2.32.5',
  'Go-http-client/1.1',
  'okhttp/5.3.0',
];
