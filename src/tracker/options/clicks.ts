import type { Option } from '../api.ts';

/**
 * Clicks on elements that name an event: `<button data-track="signup" data-track-plan="pro">` is the event `signup` with
 * the property `plan`. Elements that come later count too.
 */
const clicks: Option = (trackflow, prefix = 'data-') => {
  const attribute = `${prefix}track`;
  addEventListener(
    'click',
    ({ target }) => {
      const element = target instanceof Element && target.closest(`[${attribute}]`);
      if (!element) return;
      const properties: Record<string, string> = {};
      for (const { name, value } of element.attributes) {
        if (name.startsWith(`${attribute}-`)) properties[name.slice(attribute.length + 1)] = value;
      }
      trackflow(element.getAttribute(attribute) || 'click', properties);
    },
    // Before a handler of the page can stop it.
    true,
  );
};
export default clicks;
