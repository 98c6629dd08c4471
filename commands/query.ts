import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.ts';
import { formatAnswer, missingText, QUERY_FORMATS, queryDocument } from '../src/cli/query/formats.ts';
import { readSql } from '../src/cli/query/read-sql.ts';

export default class Query extends BaseCommand {
  static override summary = 'Run a SELECT in ClickHouse as the read-only user.';
  static override description = 'The answer is bounded in time, rows and bytes by the settings under query.';
  static override examples = [
    '<%= config.bin %> query "SELECT name, count() FROM events GROUP BY name"',
    '<%= config.bin %> query --format csv - < report.sql > report.csv',
  ];
  // oclif would take what it finds on stdin within 10 ms for the missing argument; `readSql` reads it whole.
  static override args = {
    sql: Args.string({ ignoreStdin: true, description: 'The statement; - or nothing reads it from stdin.' }),
  };
  static override flags = {
    format: Flags.option({ options: QUERY_FORMATS, summary: 'How to print the rows.', default: 'table' })(),
  };

  async run() {
    const { args, flags } = await this.parse(Query);
    const instance = this.instance(flags);
    const sql = await readSql(args.sql, process.stdin, instance.signal);
    const answer = await instance.control.query(sql);
    const missing = missingText(answer);
    if (missing !== undefined) instance.say(missing);
    return this.show(queryDocument(answer), () => formatAnswer(answer, flags.format));
  }
}
