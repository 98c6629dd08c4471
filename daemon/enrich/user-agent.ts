import UAParser from 'ua-parser-js';
import { botClassOf } from './bots.ts';
import { BoundedCache } from './bounded-cache.ts';
import { cutText, detachText } from './text.ts';

/** What a user agent says. One object per text, shared by its events. */
export interface Agent {
  /** One to one with the text while it is cached: a short stand-in for it in keys of other caches. */
  readonly key: number;
  readonly browser: string;
  /** Major version. */
  readonly browserVersion: string;
  readonly os: string;
  readonly osVersion: string;
  readonly device: string;
  /** A `BotClass`, empty for people. */
  readonly bot: string;
}

/** Longer ones are padding; parsing is the dearest thing that a sender can ask for with one header. */
const PARSED_CHARS_MAX = 512;
/** About 10 MB when all of them are as long as they may be. */
const AGENTS_CACHED_MAX = 10_000;
const NAME_BYTES_MAX = 64;
const VERSION_BYTES_MAX = 32;

const UNKNOWN: Agent = { key: 0, browser: '', browserVersion: '', os: '', osVersion: '', device: '', bot: '' };

export interface UserAgents {
  parse(userAgent: string): Agent;
  /** Cached agents, for tests of the bound. */
  readonly size: number;
}

/** A parser that keeps up to `cacheMax` results, each for a text of at most 512 characters. */
export function createUserAgents(cacheMax = AGENTS_CACHED_MAX): UserAgents {
  const cache = new BoundedCache<Agent>(Math.ceil(cacheMax / 2));
  let keys = 0;
  return {
    parse(userAgent) {
      if (userAgent === '') return UNKNOWN;
      const known = cache.get(userAgent);
      if (known !== undefined) return known;
      const text = userAgent.length > PARSED_CHARS_MAX ? detachText(userAgent.slice(0, PARSED_CHARS_MAX)) : userAgent;
      const agent = cache.get(text) ?? parseAgent(text, ++keys);
      cache.set(text, agent);
      return agent;
    },
    get size() {
      return cache.size;
    },
  };
}

function parseAgent(text: string, key: number): Agent {
  const parser = new UAParser(text);
  const browser = parser.getBrowser();
  const os = parser.getOS();
  const osName = cutText(os.name ?? '', NAME_BYTES_MAX);
  return {
    key,
    browser: cutText(browser.name ?? '', NAME_BYTES_MAX),
    browserVersion: cutText(browser.version?.split('.', 1)[0] ?? '', VERSION_BYTES_MAX),
    os: osName,
    osVersion: cutText(os.version ?? '', VERSION_BYTES_MAX),
    device: deviceClass(parser.getDevice().type, osName),
    bot: botClassOf(text),
  };
}

/** The parser names no type for desktops; one without a system is not a desktop but unknown. */
function deviceClass(type: string | undefined, os: string): string {
  if (type === undefined) return os === '' ? '' : 'desktop';
  return type === 'smarttv' ? 'tv' : type;
}
