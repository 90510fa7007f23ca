// oxlint-disable max-lines-per-function -- one schema, one list of statements
import { Migration } from '@mikro-orm/migrations'

export class Migration20261121092809_create_hub_tables extends Migration {
  override name = 'Migration20261121092809_create_hub_tables'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "agent" ("id" uuid not null, "name" text not null, "host" jsonb not null, "version" text not null, "sign_public_key" bytea not null, "box_public_key" bytea not null, "vault_id" uuid not null, "domain_id" uuid not null, "enrolled_at" timestamptz(3) not null, "online" boolean not null, "last_seen_at" timestamptz(3) null, "last_snapshot_at" timestamptz(3) null, "last_run_status" text null, "revoked_at" timestamptz(3) null, primary key ("id"));`,
    )

    this.addSql(
      `create table "enrolment_token" ("token_hash" bytea not null, "name" text null, "created_by" text not null, "created_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, "agent_id" uuid null, primary key ("token_hash"));`,
    )

    this.addSql(
      `create table "hub_identity" ("singleton" boolean not null, "hub_id" uuid not null, "created_at" timestamptz(3) not null, primary key ("singleton"));`,
    )

    this.addSql(
      `create table "live_event" ("topic" text not null, "seq" bigint not null, "type" text not null, "at" timestamptz(3) not null, "body" jsonb not null, primary key ("topic", "seq"));`,
    )
    this.addSql(`create index "live_event_at_index" on "live_event" ("at");`)

    this.addSql(`create table "live_topic" ("topic" text not null, "last_seq" bigint not null, primary key ("topic"));`)

    this.addSql(
      `create table "run" ("id" uuid not null, "agent_id" uuid not null, "kind" text not null, "state" text not null, "fence" int not null, "source_key" text not null, "request" jsonb not null, "requested_by" text not null, "created_at" timestamptz(3) not null, "started_at" timestamptz(3) null, "finished_at" timestamptz(3) null, "lease_expires_at" timestamptz(3) null, "offer_count" int not null, "offer_not_before" timestamptz(3) null, "cancel_requested_at" timestamptz(3) null, "progress" jsonb null, "result" jsonb null, "error" jsonb null, "warnings" jsonb not null, "warning_count" int not null, "last_log_seq" int not null, "last_event_number" int not null, primary key ("id"));`,
    )
    this.addSql(`create index "run_created_at_index" on "run" ("created_at");`)
    this.addSql(`create index "run_agent_id_created_at_index" on "run" ("agent_id", "created_at");`)
    this.addSql(
      `create unique index "run_one_active_unique" on "run" ("agent_id", "source_key") where state in ('offered', 'running', 'committing');`,
    )
    this.addSql(`create unique index "run_one_pending_unique" on "run" ("agent_id", "source_key") where state = 'queued';`)

    this.addSql(
      `create table "run_event" ("run_id" uuid not null, "n" int not null, "at" timestamptz(3) not null, "input" text not null, "from_state" text not null, "to_state" text not null, "fence" int not null, "reason" text null, primary key ("run_id", "n"));`,
    )

    this.addSql(
      `create table "run_log" ("run_id" uuid not null, "seq" int not null, "fence" int null, "n" int null, "at" timestamptz(3) not null, "level" text not null, "event" text not null, "message" text not null, "path" text null, primary key ("run_id", "seq"));`,
    )
    this.addSql(`alter table "run_log" add constraint "run_log_line_unique" unique ("run_id", "fence", "n");`)

    this.addSql(
      `create table "sign_in_link" ("token_hash" bytea not null, "created_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null, primary key ("token_hash"));`,
    )

    this.addSql(
      `create table "user_account" ("id" uuid not null, "name" text not null, "email" text null, "role" text not null, "password_hash" text null, "created_at" timestamptz(3) not null, primary key ("id"));`,
    )
    this.addSql(`alter table "user_account" add constraint "user_account_email_unique" unique ("email");`)

    this.addSql(
      `create table "sign_in" ("token_hash" bytea not null, "user_id" uuid not null, "created_at" timestamptz(3) not null, "seen_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, primary key ("token_hash"));`,
    )
    this.addSql(`create index "sign_in_user_id_index" on "sign_in" ("user_id");`)

    this.addSql(`alter table "agent" add constraint "agent_sign_public_key_check" check (octet_length(sign_public_key) = 32);`)
    this.addSql(`alter table "agent" add constraint "agent_box_public_key_check" check (octet_length(box_public_key) = 32);`)

    this.addSql(`alter table "enrolment_token" add constraint "enrolment_token_token_hash_check" check (octet_length(token_hash) = 32);`)

    this.addSql(`alter table "hub_identity" add constraint "hub_identity_singleton_check" check (singleton);`)

    this.addSql(`alter table "run" add constraint "run_agent_id_foreign" foreign key ("agent_id") references "agent" ("id");`)
    this.addSql(`alter table "run" add constraint "run_kind_check" check ("kind" in ('backup', 'restore', 'verify'));`)
    this.addSql(
      `alter table "run" add constraint "run_state_check" check ("state" in ('queued', 'offered', 'running', 'committing', 'succeeded', 'warning', 'failed', 'cancelled', 'expired'));`,
    )

    this.addSql(
      `alter table "run_event" add constraint "run_event_run_id_foreign" foreign key ("run_id") references "run" ("id") on delete cascade;`,
    )

    this.addSql(
      `alter table "run_log" add constraint "run_log_run_id_foreign" foreign key ("run_id") references "run" ("id") on delete cascade;`,
    )
    this.addSql(`alter table "run_log" add constraint "run_log_level_check" check ("level" in ('info', 'warn', 'error'));`)

    this.addSql(`alter table "sign_in_link" add constraint "sign_in_link_token_hash_check" check (octet_length(token_hash) = 32);`)

    this.addSql(`alter table "user_account" add constraint "user_account_role_check" check ("role" in ('admin'));`)

    this.addSql(
      `alter table "sign_in" add constraint "sign_in_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade;`,
    )
    this.addSql(`alter table "sign_in" add constraint "sign_in_token_hash_check" check (octet_length(token_hash) = 32);`)
  }
}
