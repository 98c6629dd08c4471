import { type Command, CommandHelp, Help } from '@oclif/core';

type Flag = Command.Flag.Any;

/**
 * The help of one command. oclif's own prints every flag in USAGE, a second time below it, and breaks that line between
 * a flag and its value; and it prints the summary twice.
 */
class ShortCommandHelp extends CommandHelp {
  protected override defaultUsage(): string {
    const { id, args, flags, strict } = this.command;
    const required = Object.values(flags).filter((flag) => flag.required);
    return [
      id,
      ...Object.values(args).map((arg) => this.arg(arg) + (strict ? '' : '...')),
      ...required.map((flag) => this.flagHelpLabel(flag, true).trim()),
      '[FLAGS]',
    ].join(' ');
  }

  protected override description(): string | undefined {
    const { description } = this.command;
    return description === undefined ? undefined : this.wrap(description);
  }

  /** An empty list is no default worth telling. */
  protected override flags(flags: Flag[]): [string, string | undefined][] | undefined {
    return super.flags(flags.map((flag) => (isEmpty(flag) ? { ...flag, default: undefined } : flag)));
  }
}

export default class ShortHelp extends Help {
  protected override CommandHelpClass = ShortCommandHelp;
}

function isEmpty(flag: Flag): boolean {
  return Array.isArray(flag.default) && flag.default.length === 0;
}
