import { Migration } from '@mikro-orm/migrations'

export class Migration20261121213958_add_vault_key_and_check_facts extends Migration {
  override name = 'Migration20261121213958_add_vault_key_and_check_facts'

  override up(): void | Promise<void> {
    this.addSql(`alter table "vault" add "recovery_key_exported_by" text null, add "last_check" jsonb null;`)
  }
}
