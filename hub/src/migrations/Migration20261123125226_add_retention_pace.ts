import { Migration } from '@mikro-orm/migrations'

/** What changes of a plan's rules took lately. Those that plans have were applied every day. */
export class Migration20261123125226_add_retention_pace extends Migration {
  override name = 'Migration20261123125226_add_retention_pace'

  override up(): void {
    this.addSql(
      `create table "retention_pace" ("plan_id" uuid not null, "rules" jsonb null, "since" timestamptz(3) null, "total" int not null, "gone" int not null, "versions_per_file" int null, "versions_taken_at" timestamptz(3) null, primary key ("plan_id"));`,
    )

    this.addSql(`alter table "retention_wait" add "gone_before" int not null default 0;`)

    this.addSql(
      `alter table "retention_pace" add constraint "retention_pace_plan_id_foreign" foreign key ("plan_id") references "plan" ("id") on update cascade on delete cascade;`,
    )

    this.addSql(
      `insert into "retention_pace" ("plan_id", "rules", "total", "gone", "versions_per_file") select "id", "retention", 0, 0, ("retention" ->> 'versionsPerFile')::int from "plan" where "retention" is not null;`,
    )
  }
}
