/**
 * Where a collector answers reads besides the events' listener; null: with the events. A socket has one listener, so one
 * collector has it and the others have `nowhere`.
 */
export type ReadsAt = null | 'nowhere' | { readonly host: string; readonly port: number } | { readonly path: string };
