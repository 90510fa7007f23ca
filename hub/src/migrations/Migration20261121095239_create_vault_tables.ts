import { Migration } from '@mikro-orm/migrations'

export class Migration20261121095239_create_vault_tables extends Migration {
  override name = 'Migration20261121095239_create_vault_tables'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "vault" ("id" uuid not null, "name" text not null, "kind" text not null, "store_kind" text not null, "default_domain_id" uuid not null, "key_epoch" int not null, "epoch" bigint not null, "recovery_key_exported_at" timestamptz(3) null, "created_at" timestamptz(3) not null, primary key ("id"));`,
    )

    this.addSql(
      `create table "snapshot" ("id" bytea not null, "vault_id" uuid not null, "domain_id" uuid not null, "agent_id" uuid not null, "run_id" uuid null, "seq" bigint not null, "key_epoch" int not null, "received_at" timestamptz(3) not null, "epoch" bigint not null, "state" text not null, "status" text not null, "system" text not null, "host" text not null, "plan" text null, "parent_id" bytea null, "root" bytea not null, "started_at" timestamptz(3) not null, "finished_at" timestamptz(3) not null, "files" bigint not null, "folders" bigint not null, "bytes" bigint not null, "errors" bigint not null, "roots" jsonb not null, "packs" int not null, "segments" int not null, primary key ("id"));`,
    )
    this.addSql(`create index "snapshot_received_at_idx" on "snapshot" ("received_at");`)
    this.addSql(`create index "snapshot_run_id_idx" on "snapshot" ("run_id");`)
    this.addSql(`create index "snapshot_vault_id_agent_id_seq_idx" on "snapshot" ("vault_id", "agent_id", "seq");`)

    this.addSql(
      `create table "pack" ("seq" bigserial primary key, "pack_id" bytea not null, "vault_id" uuid not null, "domain_id" uuid not null, "kind" smallint not null, "key_epoch" int not null, "session_id" uuid null, "size_bytes" bigint not null, "segments" int not null, "blobs" int not null, "footer" bytea not null, "state" text not null, "stored_at" timestamptz(3) not null);`,
    )
    // Ids are random bytes: trying to compress them costs time and gains nothing.
    this.addSql(`alter table "pack" alter column "footer" set storage external;`)
    this.addSql(`alter table "pack" add constraint "pack_pack_id_unique" unique ("pack_id");`)
    this.addSql(`create index "pack_vault_id_pack_id_idx" on "pack" ("vault_id", "pack_id");`)

    this.addSql(
      `create table "backup_session" ("id" uuid not null, "run_id" uuid not null, "agent_id" uuid not null, "vault_id" uuid not null, "domain_id" uuid not null, "key_epoch" int not null, "fence" int not null, "state" text not null, "epoch" bigint not null, "snapshot_seq" bigint not null, "opened_at" timestamptz(3) not null, "closed_at" timestamptz(3) null, primary key ("id"));`,
    )
    this.addSql(`alter table "backup_session" add constraint "backup_session_run_id_unique" unique ("run_id");`)
    this.addSql(
      `create index "backup_session_vault_id_agent_id_snapshot_seq_idx" on "backup_session" ("vault_id", "agent_id", "snapshot_seq");`,
    )

    this.addSql(`create table "session_grant" ("id" bigserial primary key, "session_id" uuid not null, "places" bytea not null);`)
    this.addSql(`create index "session_grant_session_id_idx" on "session_grant" ("session_id");`)

    this.addSql(`alter table "vault" add constraint "vault_kind_check" check ("kind" in ('managed', 'private'));`)
    this.addSql(`alter table "vault" add constraint "vault_store_kind_check" check ("store_kind" in ('directory', 's3'));`)

    this.addSql(`alter table "snapshot" add constraint "snapshot_vault_id_foreign" foreign key ("vault_id") references "vault" ("id");`)
    this.addSql(`alter table "snapshot" add constraint "snapshot_id_check" check (octet_length(id) = 16);`)
    this.addSql(`alter table "snapshot" add constraint "snapshot_state_check" check ("state" in ('committed', 'lost'));`)
    this.addSql(
      `alter table "snapshot" add constraint "snapshot_status_check" check ("status" in ('complete', 'complete-with-errors', 'partial'));`,
    )
    this.addSql(`alter table "snapshot" add constraint "snapshot_system_check" check ("system" in ('linux', 'windows', 'macos'));`)

    this.addSql(`alter table "pack" add constraint "pack_vault_id_foreign" foreign key ("vault_id") references "vault" ("id");`)
    this.addSql(`alter table "pack" add constraint "pack_pack_id_check" check (octet_length(pack_id) = 16);`)
    this.addSql(`alter table "pack" add constraint "pack_kind_check" check (kind in (1, 2));`)
    this.addSql(`alter table "pack" add constraint "pack_state_check" check ("state" in ('live', 'lost'));`)

    this.addSql(
      `alter table "backup_session" add constraint "backup_session_vault_id_foreign" foreign key ("vault_id") references "vault" ("id");`,
    )
    this.addSql(
      `alter table "backup_session" add constraint "backup_session_state_check" check ("state" in ('open', 'committed', 'closed'));`,
    )

    this.addSql(
      `alter table "session_grant" add constraint "session_grant_session_id_foreign" foreign key ("session_id") references "backup_session" ("id") on delete cascade;`,
    )
  }
}
