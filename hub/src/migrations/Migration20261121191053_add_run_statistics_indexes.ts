import { Migration } from '@mikro-orm/migrations'

export class Migration20261121191053_add_run_statistics_indexes extends Migration {
  override name = 'Migration20261121191053_add_run_statistics_indexes'

  override up(): void | Promise<void> {
    this.addSql(`create index "run_finished_at_index" on "run" ("finished_at");`)
    this.addSql(`create index "run_agent_id_finished_at_index" on "run" ("agent_id", "finished_at");`)
    this.addSql(
      `create index "run_good_backup_index" on "run" ("agent_id", "source_key", "finished_at") where kind = 'backup' and state in ('succeeded', 'warning');`,
    )

    this.addSql(`create index "snapshot_agent_id_received_at_idx" on "snapshot" ("agent_id", "received_at");`)
  }
}
