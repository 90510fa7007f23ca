import { Migration } from '@mikro-orm/migrations'

export class Migration20261123024532_add_healing extends Migration {
  override name = 'Migration20261123024532_add_healing'

  override up(): void | Promise<void> {
    this.addSql(
      `create table "heal_request" ("vault_id" uuid not null, "agent_id" uuid not null, "work" text not null, "lost" bytea not null, "tries" int not null, "asked_at" timestamptz(3) not null, "run_id" uuid not null, primary key ("vault_id", "agent_id", "work"));`,
    )

    this.addSql(`alter table "run" add "trigger" text not null default 'order';`)
    this.addSql(`alter table "run" add constraint "run_trigger_check" check ("trigger" in ('order', 'drill', 'heal'));`)

    this.addSql(`alter table "damaged_path" add "is_lost" boolean not null default true;`)

    this.addSql(
      `alter table "heal_request" add constraint "heal_request_vault_id_foreign" foreign key ("vault_id") references "vault" ("id") on delete cascade;`,
    )
  }
}
