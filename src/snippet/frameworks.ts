import type { TrackerFile } from './tracker-files.ts';

export const FRAMEWORKS = ['html', 'react', 'next', 'vue', 'svelte', 'gtm'] as const;
export type Framework = (typeof FRAMEWORKS)[number];

/** What the snippet is to load, from where and with which settings. */
export interface Wanted {
  /** Of the collector as browsers reach it, without a slash at the end. */
  readonly url: string;
  /** The tracker first, then the options that it is to load. */
  readonly files: readonly TrackerFile[];
  /** Account of the events; empty for the default one. */
  readonly site: string;
  readonly attributePrefix: string;
  /** Let the browser check that the files are those of today. */
  readonly sri: boolean;
}

/** The text to paste, and where it goes. */
export interface Pasted {
  readonly place: string;
  readonly snippet: string;
}

/** What to paste for a framework. Values are escaped for where they stand. */
export function pasted(framework: Framework, wanted: Wanted): Pasted {
  const attributes = attributesOf(wanted);
  switch (framework) {
    case 'html':
      return { place: 'in the <head> of every page', snippet: html(wanted, attributes) };
    case 'react':
      return {
        place: 'once, in the root component (React 19 puts it into the <head>; with an older one paste the HTML)',
        snippet: withMap(wanted, 'jsx', `<script async ${jsx(attributes)} />`),
      };
    case 'next':
      return {
        place: "in app/layout.tsx, inside <body>, with import Script from 'next/script'",
        snippet: withMap(wanted, 'jsx', `<Script strategy="afterInteractive" ${jsx(attributes)} />`),
      };
    case 'vue':
      return { place: 'in index.html, inside <head>', snippet: html(wanted, attributes) };
    case 'svelte':
      return { place: 'in src/app.html, above %sveltekit.head%', snippet: html(wanted, attributes) };
    case 'gtm':
      return {
        place: 'in a tag of the type Custom HTML, fired on Initialization - All Pages',
        snippet: withMap(wanted, 'html', tagManager(attributes)),
      };
  }
}

/** Takes calls until the tracker is there; it then makes them. */
export const STUB =
  'window.trackflow = window.trackflow || function () { (trackflow.q = trackflow.q || []).push(arguments); };';

type Attributes = readonly (readonly [name: string, value: string])[];

function attributesOf({ url, files, site, attributePrefix, sri }: Wanted): Attributes {
  const [tracker, ...options] = files;
  const names = options.map(({ option }) => option).join(' ');
  return [
    ['src', url + (sri ? tracker!.versionedPath : tracker!.path)],
    ...(sri ? [['integrity', tracker!.integrity] as const, ['crossorigin', 'anonymous'] as const] : []),
    ...(site === '' ? [] : [[`${attributePrefix}site`, site] as const]),
    ...(names === '' ? [] : [[`${attributePrefix}options`, names] as const]),
  ];
}

function html(wanted: Wanted, attributes: Attributes): string {
  return withMap(wanted, 'html', `<script defer ${written(attributes)}></script>`);
}

function written(attributes: Attributes): string {
  return attributes.map(([name, value]) => `${name}="${escaped(value)}"`).join(' ');
}

/** React has names of its own for some attributes. */
function jsx(attributes: Attributes): string {
  return written(attributes.map(([name, value]) => [name === 'crossorigin' ? 'crossOrigin' : name, value]));
}

/** Google Tag Manager makes its own element of a script tag and leaves the data attributes out, so a script makes it. */
function tagManager(attributes: Attributes): string {
  return [
    '<script>',
    '  (function () {',
    "    var script = document.createElement('script');",
    '    script.async = true;',
    ...attributes.map(([name, value]) => `    script.setAttribute(${literal(name)}, ${literal(value)});`),
    '    document.head.appendChild(script);',
    '  })();',
    '</script>',
  ].join('\n');
}

/**
 * Options are modules, and the integrity of a module stands in the page's import map. It has to come first, and a page
 * has one: where there is one already, the entries belong there.
 */
function withMap({ url, files, sri }: Wanted, kind: 'html' | 'jsx', script: string): string {
  const options = files.slice(1);
  if (!sri || options.length === 0) return script;
  const map = { integrity: Object.fromEntries(options.map(({ path, integrity }) => [url + path, integrity])) };
  const json = JSON.stringify(map).replaceAll('<', '\\u003c');
  const element =
    kind === 'html'
      ? `<script type="importmap">${json}</script>`
      : `<script type="importmap" dangerouslySetInnerHTML={{ __html: ${JSON.stringify(json)} }} />`;
  return `${element}\n${script}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function literal(text: string): string {
  return JSON.stringify(text).replaceAll('<', '\\u003c');
}
