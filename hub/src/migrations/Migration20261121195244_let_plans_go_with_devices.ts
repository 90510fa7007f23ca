import { Migration } from '@mikro-orm/migrations'

export class Migration20261121195244_let_plans_go_with_devices extends Migration {
  override name = 'Migration20261121195244_let_plans_go_with_devices'

  override up(): void | Promise<void> {
    this.addSql(`alter table "plan" drop constraint "plan_agent_id_foreign";`)
    this.addSql(
      `alter table "plan" add constraint "plan_agent_id_foreign" foreign key ("agent_id") references "agent" ("id") on delete cascade;`,
    )
  }
}
