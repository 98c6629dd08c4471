import { Command } from '@oclif/core';
import { processEnvironment } from '../config/environment.ts';
import { TrackflowError } from '../errors/error.ts';
import { terminalJson } from '../terminal/text.ts';
import { asFailure } from './failure.ts';
import { GLOBAL_FLAGS } from './flags.ts';
import { type Instance, openInstance } from './instance.ts';
import { commandNames, reportFailure } from './report-failure.ts';
import { PLAIN, type Style, styleFor } from './terminal/style.ts';

/**
 * What every command shares. Data goes to stdout: a screen for people, or with `--json` one document with its `schema`.
 * Words go to stderr. A failure is one error of the catalogue, printed once, and its exit code.
 *
 * The first SIGINT or SIGTERM asks the running service to end (it may have something to undo); the second ends the
 * process at once, because the handler is gone by then.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = GLOBAL_FLAGS;

  readonly #interruption = new AbortController();
  readonly #onInterrupt = (): void => this.#interruption.abort(new TrackflowError('TF_INTERRUPTED', 'interrupted'));
  readonly #onTerminate = (): void => this.#interruption.abort(new TrackflowError('TF_TERMINATED', 'terminated'));

  protected get style(): Style {
    return this.argv.includes('--no-color') ? PLAIN : styleFor(process.stdout);
  }

  /** The instance that `--home` and the environment name. */
  protected instance(flags: { readonly home?: string | undefined }): Instance {
    return openInstance({
      homeFlag: flags.home,
      env: processEnvironment(),
      signal: this.#interruption.signal,
      say: (line) => process.stderr.write(`${line}\n`),
      program: process.argv[1] ?? '',
      commands: commandNames(this.config.commandIDs),
    });
  }

  /** Prints the screen, or under `--json` leaves the document to oclif. Returns the document. */
  protected show<T extends { readonly schema: string }>(document: T, screen: (style: Style) => string): T {
    if (!this.jsonEnabled()) process.stdout.write(`${screen(this.style)}\n`);
    return document;
  }

  /** The exit code of a command that did its work and has something to say by it. */
  protected exitWith(code: number): void {
    process.exitCode = code;
  }

  protected override async init(): Promise<void> {
    await super.init();
    process.once('SIGINT', this.#onInterrupt);
    process.once('SIGTERM', this.#onTerminate);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    process.off('SIGINT', this.#onInterrupt);
    process.off('SIGTERM', this.#onTerminate);
    await super.finally(error);
  }

  /** oclif's own would drop the exit code under `--json` and print whole objects. */
  protected override async catch(thrown: Error): Promise<void> {
    if ('code' in thrown && thrown.code === 'EEXIT') throw thrown;
    const failure = asFailure(thrown, `trackflow help ${(this.id ?? '').replaceAll(':', ' ')}`);
    process.exitCode = reportFailure(failure, {
      argv: this.argv,
      json: this.jsonEnabled(),
      commands: commandNames(this.config.commandIDs),
    });
    if (failure.code === 'TF_FAILED') this.debug(failure.cause);
  }

  protected override logJson(document: unknown): void {
    process.stdout.write(`${terminalJson(document, 2)}\n`);
  }
}
