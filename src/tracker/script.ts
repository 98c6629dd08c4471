import type { EventFields, Option, Properties, Trackflow } from './api.ts';
import { attempt } from './attempt.ts';
import { createTracker } from './tracker.ts';

/**
 * The tracker as a page loads it with a script element, whose attributes are its settings. It takes the place of the stub
 * that gathered calls until now; where a tracker is there already, it does nothing.
 *
 * The constants are put in by the collector that serves the file: `src/snippet/tracker-files.ts`.
 */
declare const PREFIX: string;
/** Where events are posted and how the files of options begin, relative to this script. */
declare const COLLECT: string;
declare const OPTION_FILES: string;
declare const DEDUP_MS: number;

type Call = [name: string, properties?: Properties, fields?: EventFields];

declare global {
  interface Window {
    trackflow?: Trackflow & { readonly q?: readonly Call[] };
  }
}

attempt(() => {
  const script = document.currentScript as HTMLScriptElement;
  const stub = window.trackflow;
  if (stub?.consent) return;
  const attribute = (name: string) => script.getAttribute(PREFIX + name);
  const { src } = script;
  const trackflow = createTracker(attribute, new URL(COLLECT, attribute('host') ?? src), DEDUP_MS);
  window.trackflow = trackflow;
  for (const call of stub?.q ?? []) trackflow(...call);
  for (const option of attribute('options')?.split(/\W+/) ?? []) {
    // A module: under Trusted Types a script element made here would be refused.
    import(new URL(`${OPTION_FILES}${option}.js`, src) as unknown as string)
      .then((file: { readonly default: Option }) => file.default(trackflow, PREFIX))
      .catch(console.warn);
  }
});
