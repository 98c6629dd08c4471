import type { Option } from '../api.ts';

/** Forms that are submitted: which one and where to, never what was typed. */
const forms: Option = (trackflow) => {
  addEventListener(
    'submit',
    ({ target }) => {
      if (!(target instanceof HTMLFormElement)) return;
      // A field that is called `id` or `action` hides the property, so attributes are asked.
      const { origin, pathname } = new URL(target.getAttribute('action') ?? '', location.href);
      trackflow('form_submit', {
        form: target.getAttribute('id') ?? target.getAttribute('name'),
        target: origin + pathname,
      });
    },
    true,
  );
};
export default forms;
