import { Migration } from '@mikro-orm/migrations'

export class Migration20261123002410_add_vault_care extends Migration {
  override name = 'Migration20261123002410_add_vault_care'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "damaged_path" ("id" bigserial primary key, "snapshot_id" bytea not null, "path" bytea not null, "is_folder" boolean not null);`,
    )
    this.addSql(`create index "damaged_path_snapshot_id_idx" on "damaged_path" ("snapshot_id", "id");`)

    this.addSql(
      `create table "care" ("id" bigserial primary key, "vault_id" uuid not null, "kind" text not null, "state" text not null, "started_by" text null, "started_at" timestamptz(3) not null, "ended_at" timestamptz(3) null, "counts" jsonb not null, "error" jsonb null);`,
    )
    this.addSql(`create index "care_vault_id_kind_id_idx" on "care" ("vault_id", "kind", "id");`)

    this.addSql(`alter table "agent" add "last_proved_at" timestamptz(3) null;`)

    this.addSql(`alter table "snapshot" add "damage" jsonb null;`)

    this.addSql(`alter table "pack" add "lost_segments" bytea null, add "checked_at" timestamptz(3) null;`)
    this.addSql(`create index "pack_checked_at_idx" on "pack" ("vault_id", "checked_at" nulls first, "seq") where "state" = 'live';`)

    this.addSql(
      `alter table "damaged_path" add constraint "damaged_path_snapshot_id_foreign" foreign key ("snapshot_id") references "snapshot" ("id") on delete cascade;`,
    )

    this.addSql(
      `alter table "care" add constraint "care_vault_id_foreign" foreign key ("vault_id") references "vault" ("id") on delete cascade;`,
    )
  }
}
