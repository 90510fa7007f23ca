import { Migration } from '@mikro-orm/migrations'

export class Migration20261123025911_add_rewritten_snapshots extends Migration {
  override name = 'Migration20261123025911_add_rewritten_snapshots'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "purge" ("id" uuid not null, "vault_id" uuid not null, "agent_ids" jsonb null, "paths" jsonb not null, "patterns" jsonb not null, "keeps_undo" boolean not null, "state" text not null, "started_by" text not null, "started_at" timestamptz(3) not null, "ended_at" timestamptz(3) null, "snapshots_done" int not null default 0, "snapshots_total" int not null default 0, "snapshots_rewritten" int not null default 0, "entries" bigint not null default '0', "bytes" bigint not null default '0', "replaced" jsonb not null, "segments" bytea null, "error" jsonb null, primary key ("id"));`,
    )
    this.addSql(`create index "purge_vault_id_started_at_idx" on "purge" ("vault_id", "started_at");`)

    this.addSql(
      `create table "version_look" ("plan_id" uuid not null, "versions_per_file" int not null, "snapshot_ids" jsonb not null, "open" jsonb not null, primary key ("plan_id"));`,
    )

    this.addSql(`alter table "retention_wait" add "versions" jsonb null, add "versions_word" text null;`)
    this.addSql(
      `alter table "retention_wait" add constraint "retention_wait_versions_word_check" check ("versions_word" in ('agreed', 'refused'));`,
    )

    this.addSql(`alter table "snapshot" add "rewritten" jsonb null, add "replaced_by" bytea null;`)

    this.addSql(
      `alter table "purge" add constraint "purge_vault_id_foreign" foreign key ("vault_id") references "vault" ("id") on delete cascade;`,
    )

    this.addSql(
      `alter table "version_look" add constraint "version_look_plan_id_foreign" foreign key ("plan_id") references "plan" ("id") on update cascade on delete cascade;`,
    )
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "retention_wait" drop constraint "retention_wait_versions_word_check";`)
  }
}
