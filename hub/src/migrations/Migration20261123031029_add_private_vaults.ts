import { Migration } from '@mikro-orm/migrations'

/** Snapshots that the hub cannot open say less of themselves; devices wait for keys, and tokens name a vault. */
export class Migration20261123031029_add_private_vaults extends Migration {
  override name = 'Migration20261123031029_add_private_vaults'

  override up(): void {
    this.addSql(`alter table "agent" add "awaiting_signature" bytea null;`)
    this.addSql(`alter table "agent" add constraint "agent_awaiting_signature_check" check (octet_length(awaiting_signature) = 64);`)
    this.addSql(`alter table "enrolment_token" add "vault_id" uuid null;`)
    for (const column of ['status', 'system', 'root', 'files', 'folders', 'bytes', 'errors'])
      this.addSql(`alter table "snapshot" alter column "${column}" drop not null;`)
    this.addSql(`alter table "run" drop constraint "run_trigger_check";`)
    this.addSql(`alter table "run" add constraint "run_trigger_check" check ("trigger" in ('order', 'drill', 'heal', 'audit'));`)
  }
}
