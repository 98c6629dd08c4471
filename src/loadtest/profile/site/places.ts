import { weighted } from './weighted.ts';

/** What a browser says about where somebody is. */
export interface Place {
  readonly language: string;
  readonly timezone: string;
}

const at = (language: string, timezone: string): Place => ({ language, timezone });

export const PLACES: readonly Place[] = weighted([
  [44, at('en-US', 'America/New_York')],
  [22, at('en-US', 'America/Chicago')],
  [24, at('en-US', 'America/Los_Angeles')],
  [20, at('en-GB', 'Europe/London')],
  [6, at('en-CA', 'America/Toronto')],
  [6, at('en-AU', 'Australia/Sydney')],
  [12, at('en-IN', 'Asia/Kolkata')],
  [34, at('de-DE', 'Europe/Berlin')],
  [6, at('de-AT', 'Europe/Vienna')],
  [5, at('de-CH', 'Europe/Zurich')],
  [16, at('fr-FR', 'Europe/Paris')],
  [10, at('es-ES', 'Europe/Madrid')],
  [6, at('es-MX', 'America/Mexico_City')],
  [9, at('it-IT', 'Europe/Rome')],
  [8, at('nl-NL', 'Europe/Amsterdam')],
  [5, at('pl-PL', 'Europe/Warsaw')],
  [8, at('pt-BR', 'America/Sao_Paulo')],
  [3, at('sv-SE', 'Europe/Stockholm')],
  [7, at('ja-JP', 'Asia/Tokyo')],
  [3, at('ko-KR', 'Asia/Seoul')],
  [2, at('tr-TR', 'Europe/Istanbul')],
]);
