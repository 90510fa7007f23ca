import { Migration } from '@mikro-orm/migrations'

/** What is asked for again and again beside all that ever was: open sessions, snapshots nobody looked through yet, versions of one backup. */
export class Migration20261123094936_index_open_work extends Migration {
  override name = 'Migration20261123094936_index_open_work'

  override up(): void {
    this.addSql(`create index "backup_session_open_idx" on "backup_session" ("vault_id", "epoch") where state = 'open';`)
    this.addSql(
      `create index "snapshot_unaudited_idx" on "snapshot" ("vault_id", "received_at" desc, "id") where "audited_at" is null and "condemned_in" is null and "state" = 'committed';`,
    )
    this.addSql(`create index "snapshot_versions_idx" on "snapshot" ("vault_id", ("rewritten" ->> 'of')) where "rewritten" is not null;`)
  }
}
