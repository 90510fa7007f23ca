import { Migration } from '@mikro-orm/migrations'

export class Migration20261123000927_add_retention extends Migration {
  override name = 'Migration20261123000927_add_retention'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "retention_wait" ("plan_id" uuid not null, "wait_id" uuid not null, "rules" jsonb not null, "waiting" jsonb not null, "refused" jsonb not null, "found_at" timestamptz(3) not null, "total" int not null, "bytes_freed" bigint not null, primary key ("plan_id"));`,
    )
    this.addSql(`alter table "retention_wait" add constraint "retention_wait_wait_id_unique" unique ("wait_id");`)

    this.addSql(`alter table "plan" add "former_names" jsonb not null default '[]', add "retention" jsonb null;`)

    this.addSql(
      `alter table "retention_wait" add constraint "retention_wait_plan_id_foreign" foreign key ("plan_id") references "plan" ("id") on update cascade on delete cascade;`,
    )
  }
}
