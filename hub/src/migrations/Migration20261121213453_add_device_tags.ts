import { Migration } from '@mikro-orm/migrations'

export class Migration20261121213453_add_device_tags extends Migration {
  override name = 'Migration20261121213453_add_device_tags'

  override up(): void | Promise<void> {
    this.addSql(`alter table "agent" add "tags" jsonb not null default '[]';`)
  }
}
