import type { Option } from '../api.ts';

/**
 * Pages that are not there: `404`, when the server said so, or when an element of the page has the attribute `data-404`
 * (for browsers that do not tell the status, and servers that do not).
 */
const notFound: Option = (trackflow, prefix = 'data-') => {
  const [navigation] = performance.getEntriesByType('navigation');
  const status = (navigation as PerformanceNavigationTiming | undefined)?.responseStatus;
  if (status === 404 || document.querySelector(`[${prefix}404]`)) trackflow('404');
};
export default notFound;
