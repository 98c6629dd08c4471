import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { SQL_FORMATS } from '../../src/cli/engine/sql/printers.ts';

export default class EngineSql extends BaseCommand {
  static override summary = 'Ask ClickHouse: a prompt on a terminal, or a script of statements.';
  static override description = [
    'Runs as the user that may only read, within the limits under query; --write runs as the one that may do everything.',
    'Statements end with ; and may take several lines. A script ends at the first one that fails.',
  ].join(' ');
  static override examples = [
    '<%= config.bin %> engine sql',
    '<%= config.bin %> engine sql -e "SELECT name, count() FROM events GROUP BY name"',
    '<%= config.bin %> engine sql report.sql --format csv > report.csv',
    '<%= config.bin %> engine sql --write --yes -e "OPTIMIZE TABLE events FINAL"',
  ];
  static override args = {
    file: Args.string({ ignoreStdin: true, description: 'A script; - or no terminal reads it from stdin.' }),
  };
  static override flags = {
    execute: Flags.string({ char: 'e', summary: 'Statements to run instead.', helpValue: 'SQL' }),
    format: Flags.option({ options: SQL_FORMATS, summary: 'How to print rows.', default: 'table' })(),
    rows: Flags.integer({ summary: 'Rows of an answer that are printed; 0 is all.', helpValue: 'N', min: 0 }),
    write: Flags.boolean({ summary: 'As the user that may change and delete; asks first.' }),
    yes: Flags.boolean({ summary: 'Answer that question.', dependsOn: ['write'] }),
  };

  async run() {
    const { args, flags } = await this.parse(EngineSql);
    const { runSql } = await import('../../src/cli/engine/sql/run-sql.ts');
    const { execute, format, rows, write, yes } = flags;
    const options = { file: args.file, execute, format, rows, write, yes, json: this.jsonEnabled() };
    return runSql(this.instance(flags), options, process, this.style);
  }
}
