import { Migration } from '@mikro-orm/migrations'

export class Migration20261121190906_create_plan_table extends Migration {
  override name = 'Migration20261121190906_create_plan_table'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "plan" ("id" uuid not null, "agent_id" uuid not null, "vault_id" uuid not null, "name" text not null, "sources" jsonb not null, "exclusions" jsonb not null, "retries" jsonb not null, "timeout_ms" bigint null, "shrink_limit_percent" int null, "is_enabled" boolean not null, "revision" int not null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "size_since" timestamptz(3) not null, "accepted_size" jsonb null, primary key ("id"));`,
    )
    this.addSql(`alter table "plan" add constraint "plan_name_unique" unique ("agent_id", "name");`)

    this.addSql(
      `alter table "run" add "plan_id" uuid null, add "plan_name" text null, add "policy" jsonb null, add "attempt" int not null default 1, add "start_not_before" timestamptz(3) null, add "paused_at" timestamptz(3) null, add "deadline_at" timestamptz(3) null, add "timed_out_at" timestamptz(3) null;`,
    )
    this.addSql(`create index "run_plan_id_created_at_index" on "run" ("plan_id", "created_at");`)
    this.addSql(
      `create unique index "run_one_active_of_plan_unique" on "run" ("plan_id") where state in ('offered', 'running', 'committing');`,
    )
    this.addSql(`create unique index "run_one_pending_of_plan_unique" on "run" ("plan_id") where state = 'queued';`)

    this.addSql(`alter table "plan" add constraint "plan_agent_id_foreign" foreign key ("agent_id") references "agent" ("id");`)
  }
}
