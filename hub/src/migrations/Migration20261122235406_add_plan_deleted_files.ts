import { Migration } from '@mikro-orm/migrations'

export class Migration20261122235406_add_plan_deleted_files extends Migration {
  override name = 'Migration20261122235406_add_plan_deleted_files'

  override up(): void | Promise<void> {
    this.addSql(`alter table "plan" add "deleted_files" text not null default 'follow';`)
    this.addSql(`alter table "plan" add constraint "plan_deleted_files_check" check ("deleted_files" in ('follow', 'keep'));`)
  }
}
