import { Migration } from '@mikro-orm/migrations'

export class Migration20261122004538_add_vault_damage extends Migration {
  override name = 'Migration20261122004538_add_vault_damage'

  override up(): void | Promise<void> {
    this.addSql(`alter table "vault" add "damage" jsonb null;`)
    this.addSql(
      `update "vault" set "damage" = jsonb_build_object('foundAtMs', coalesce("last_check" -> 'endedAtMs', "last_check" -> 'startedAtMs'),
        'isDeep', "last_check" -> 'isDeep', 'problemCount', "last_check" -> 'problemCount') where "last_check" ->> 'state' = 'damaged';`,
    )
  }
}
