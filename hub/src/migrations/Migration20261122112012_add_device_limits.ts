import { Migration } from '@mikro-orm/migrations'

export class Migration20261122112012_add_device_limits extends Migration {
  override name = 'Migration20261122112012_add_device_limits'

  override up(): void | Promise<void> {
    this.addSql(`alter table "agent" add "upload_bytes_per_second" bigint null, add "is_background" boolean not null default true;`)
  }
}
