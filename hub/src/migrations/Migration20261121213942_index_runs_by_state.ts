import { Migration } from '@mikro-orm/migrations'

export class Migration20261121213942_index_runs_by_state extends Migration {
  override name = 'Migration20261121213942_index_runs_by_state'

  override up(): void | Promise<void> {
    this.addSql(`create index "run_state_created_at_index" on "run" ("state", "created_at");`)
  }
}
