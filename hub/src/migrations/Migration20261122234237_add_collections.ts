import { Migration } from '@mikro-orm/migrations'

export class Migration20261122234237_add_collections extends Migration {
  override name = 'Migration20261122234237_add_collections'

  override up(): void | Promise<void> {
    this.addSql(
      `alter table "vault" add "collection" jsonb null, add "removed_epoch" bigint not null default '0', add "undo_days" int not null default 14;`,
    )

    this.addSql(`alter table "snapshot" drop constraint "snapshot_state_check";`)
    this.addSql(
      `alter table "snapshot" add "held_at" timestamptz(3) null, add "held_by" text null, add "hold_reason" text null, add "deleted_at" timestamptz(3) null, add "deleted_by" text null, add "undo_until" timestamptz(3) null, add "condemned_in" bigint null, add "audited_at" timestamptz(3) null, add "unnamed_refset" bytea null, add "lacking_blobs" int null;`,
    )
    this.addSql(`create index "snapshot_undo_until_idx" on "snapshot" ("vault_id", "undo_until") where "deleted_at" is not null;`)
    this.addSql(`alter table "snapshot" add constraint "snapshot_state_check" check ("state" in ('committed', 'lost', 'removing'));`)

    this.addSql(`alter table "pack" drop constraint "pack_state_check";`)
    this.addSql(`alter table "pack" add "condemned" bytea null;`)
    this.addSql(`alter table "pack" add constraint "pack_state_check" check ("state" in ('live', 'lost', 'removing', 'gone'));`)
  }
}
