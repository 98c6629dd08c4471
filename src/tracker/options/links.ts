import type { Option } from '../api.ts';

const DOWNLOAD =
  /\.(7z|apk|avi|csv|deb|dmg|docx?|epub|exe|gz|iso|key|mkv|mov|mp[34]|msi|numbers|ods|odt|pages|pdf|pkg|ppsx?|pptx?|rar|rpm|rtf|tgz|txt|wav|wmv|xlsx?|zip)$/i;

/**
 * Links that leave the site (`outbound`) and links to files (`download`), by either mouse button. The target is kept
 * without its query: it may be a secret of somebody else's.
 */
const links: Option = (trackflow) => {
  const click = ({ target }: Event) => {
    const link = target instanceof Element && target.closest('a[href], area[href]');
    if (!link) return;
    const { protocol, host, origin, pathname } = link as HTMLAnchorElement & URL;
    if (!protocol.startsWith('http')) return;
    if (DOWNLOAD.test(pathname) || link.hasAttribute('download')) trackflow('download', { target: origin + pathname });
    else if (host !== location.host) trackflow('outbound', { target: origin + pathname });
  };
  addEventListener('click', click, true);
  addEventListener('auxclick', click, true);
};
export default links;
