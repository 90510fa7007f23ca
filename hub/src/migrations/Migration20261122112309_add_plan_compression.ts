import { Migration } from '@mikro-orm/migrations'

export class Migration20261122112309_add_plan_compression extends Migration {
  override name = 'Migration20261122112309_add_plan_compression'

  override up(): void | Promise<void> {
    this.addSql(`alter table "plan" add "compression" text not null default 'fast';`)
    this.addSql(`alter table "plan" add constraint "plan_compression_check" check ("compression" in ('off', 'fast', 'strong'));`)
  }
}
