/**
 * Ink, for what it does better than anybody: raw mode, keys, and an alternate screen that is left however the program
 * ends. Import it late: it is four hundred modules and half of the time that a screen needs to start.
 */
import { type Key, render, useApp, useInput, useStdin } from 'ink';
import { useEffect } from 'react';
import { keyNames } from './keys.ts';

export interface InkKeys {
  /** Gives the terminal back; `exited` settles. */
  close(): void;
  readonly exited: Promise<unknown>;
  /** Gives the terminal back for a while; what it returns takes it again, with an empty screen. */
  suspend(): Promise<() => Promise<void>>;
}

/** Enters the alternate screen (what was on it is to be written again) and tells keys by their names. */
export function openInkKeys(
  { stdout, stdin }: { stdout: NodeJS.WriteStream; stdin: NodeJS.ReadStream },
  onKey: (name: string) => void,
): InkKeys {
  let app: App | undefined;
  const onApp = (opened: App) => {
    app = opened;
  };
  const instance = render(<Keys onKey={onKey} onApp={onApp} />, {
    stdout,
    stdin,
    exitOnCtrlC: false,
    patchConsole: false,
    alternateScreen: true,
    interactive: true,
  });
  return {
    close: () => instance.unmount(),
    exited: instance.waitUntilExit(),
    suspend: async () => {
      const suspension = await app?.suspendTerminal();
      return async () => suspension?.resume();
    },
  };
}

type App = ReturnType<typeof useApp>;

/** Keys, where stdin is a terminal; elsewhere the screen is to be looked at only. */
function Keys({ onKey, onApp }: { readonly onKey: (name: string) => void; readonly onApp: (app: App) => void }) {
  const app = useApp();
  useEffect(() => onApp(app), [app, onApp]);
  const { isRawModeSupported } = useStdin();
  const onInput = (input: string, key: Key) => {
    for (const name of keyNames(input, key)) onKey(name);
  };
  useInput(onInput, { isActive: isRawModeSupported });
  return null;
}
