import type { Hook } from '@oclif/core';
import { nearest } from '../config/nearest.ts';
import { TrackflowError } from '../errors/error.ts';
import { commandNames, reportFailure } from './report-failure.ts';

/**
 * Runs where no command is called what was typed: names the nearest one, asks nothing, and exits with 2 like every
 * mistake of typing.
 */
const unknownCommand: Hook.CommandNotFound = async ({ id, argv = [], config }) => {
  const commands = commandNames(config.commandIDs);
  const failure = unknownCommandError(id.replaceAll(':', ' '), commands);
  process.exitCode = reportFailure(failure, { argv, json: argv.includes('--json'), commands });
};

export default unknownCommand;

/**
 * The error for `typed`, words without flags. Where it begins with a command, that one takes no argument, or not this
 * one.
 */
export function unknownCommandError(typed: string, commands: readonly string[]): TrackflowError {
  const parent = commands.filter((command) => typed.startsWith(`${command} `)).sort((a, b) => b.length - a.length)[0];
  if (parent !== undefined) {
    const word = JSON.stringify(typed.slice(parent.length + 1));
    return new TrackflowError('TF_USAGE', `trackflow ${parent} takes no argument, but ${word} was given`, {
      hints: [`trackflow help ${parent}`],
    });
  }
  const near = nearest(typed, commands);
  const topic = commands.some((command) => command.startsWith(`${typed.split(' ')[0]} `)) ? typed.split(' ')[0] : '';
  const message = `${JSON.stringify(typed)} is no command${near === undefined ? '' : `; did you mean ${near}?`}`;
  return new TrackflowError('TF_USAGE', message, {
    hints: [...(near === undefined ? [] : [`trackflow ${near}`]), `trackflow help ${topic}`.trim()],
  });
}
