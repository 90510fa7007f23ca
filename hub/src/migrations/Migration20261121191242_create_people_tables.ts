// oxlint-disable max-lines-per-function -- one schema, one list of statements
import { Migration } from '@mikro-orm/migrations'

export class Migration20261121191242_create_people_tables extends Migration {
  override name = 'Migration20261121191242_create_people_tables'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "audit_entry" ("id" bigserial primary key, "at" timestamptz(3) not null, "actor_kind" text not null, "actor_id" text null, "actor_name" text null, "via_token_id" text null, "action" text not null, "object_kind" text null, "object_id" text null, "object_name" text null, "address" text null, "outcome" text not null, "code" text null, "request_id" text null, "details" jsonb not null);`,
    )
    this.addSql(`create index "audit_entry_at_index" on "audit_entry" ("at");`)
    this.addSql(`create index "audit_entry_actor_id_index" on "audit_entry" ("actor_id", "id");`)
    this.addSql(`create index "audit_entry_object_id_index" on "audit_entry" ("object_id", "id");`)
    this.addSql(`create index "audit_entry_action_index" on "audit_entry" ("action", "id");`)

    this.addSql(
      `create table "failed_sign_in" ("key" bytea not null, "count" int not null, "last_at" timestamptz(3) not null, "blocked_until" timestamptz(3) not null, "forgotten_at" timestamptz(3) not null, primary key ("key"));`,
    )
    this.addSql(`create index "failed_sign_in_forgotten_at_index" on "failed_sign_in" ("forgotten_at");`)

    this.addSql(
      `create table "sign_in_place" ("user_id" uuid not null, "address_hash" bytea not null, "last_at" timestamptz(3) not null, primary key ("user_id", "address_hash"));`,
    )

    this.addSql(
      `create table "api_token" ("id" uuid not null, "user_id" uuid not null, "token_hash" bytea not null, "name" text not null, "scope" text not null, "begins_with" text not null, "created_at" timestamptz(3) not null, "expires_at" timestamptz(3) null, "last_used_at" timestamptz(3) null, "last_used_address" text null, "revoked_at" timestamptz(3) null, primary key ("id"));`,
    )
    this.addSql(`create index "api_token_user_id_index" on "api_token" ("user_id");`)
    this.addSql(`alter table "api_token" add constraint "api_token_token_hash_unique" unique ("token_hash");`)

    this.addSql(`alter table "run" drop constraint "run_agent_id_foreign";`)

    this.addSql(
      `alter table "run" add constraint "run_agent_id_foreign" foreign key ("agent_id") references "agent" ("id") on delete cascade;`,
    )

    this.addSql(`alter table "user_account" drop constraint "user_account_role_check";`)
    this.addSql(`alter table "user_account" add "disabled_at" timestamptz(3) null;`)
    this.addSql(`alter table "user_account" add constraint "user_account_role_check" check ("role" in ('viewer', 'operator', 'admin'));`)

    this.addSql(`alter table "sign_in_link" add "user_id" uuid null;`)
    this.addSql(
      `alter table "sign_in_link" add constraint "sign_in_link_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade;`,
    )

    this.addSql(`alter table "sign_in" add "device" text null, add "address" text null;`)

    this.addSql(
      `create or replace function "audit_entry_append_only_fn"() returns trigger as $$ begin if tg_op = 'DELETE' and old.at < nullif(current_setting('holdfast.audit_prune_before', true), '')::timestamptz then return old; end if; raise exception 'audit_entry is append-only'; end; $$ language plpgsql;`,
    )
    this.addSql(
      `create trigger "append_only" BEFORE UPDATE OR DELETE on "audit_entry" for each ROW execute function "audit_entry_append_only_fn"();`,
    )
    // The ORM does not see triggers for truncate, so that this one is known here alone.
    this.addSql(
      `create trigger "append_only_truncate" before truncate on "audit_entry" for each statement execute function "audit_entry_append_only_fn"();`,
    )

    this.addSql(`alter table "failed_sign_in" add constraint "failed_sign_in_key_check" check (octet_length(key) = 32);`)

    this.addSql(
      `alter table "sign_in_place" add constraint "sign_in_place_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade;`,
    )
    this.addSql(`alter table "sign_in_place" add constraint "sign_in_place_address_hash_check" check (octet_length(address_hash) = 32);`)

    this.addSql(
      `alter table "api_token" add constraint "api_token_user_id_foreign" foreign key ("user_id") references "user_account" ("id") on delete cascade;`,
    )
    this.addSql(`alter table "api_token" add constraint "api_token_token_hash_check" check (octet_length(token_hash) = 32);`)
    this.addSql(`alter table "api_token" add constraint "api_token_scope_check" check ("scope" in ('read', 'run', 'admin'));`)
  }
}
