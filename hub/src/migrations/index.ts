import type { MigrationClass } from '../platform/database/database.ts'
import { Migration20261121092809_create_hub_tables } from './Migration20261121092809_create_hub_tables.ts'
import { Migration20261121095239_create_vault_tables } from './Migration20261121095239_create_vault_tables.ts'
import { Migration20261121190906_create_plan_table } from './Migration20261121190906_create_plan_table.ts'
import { Migration20261121191053_add_run_statistics_indexes } from './Migration20261121191053_add_run_statistics_indexes.ts'
import { Migration20261121191242_create_people_tables } from './Migration20261121191242_create_people_tables.ts'
import { Migration20261121195244_let_plans_go_with_devices } from './Migration20261121195244_let_plans_go_with_devices.ts'
import { Migration20261121213453_add_device_tags } from './Migration20261121213453_add_device_tags.ts'
import { Migration20261121213942_index_runs_by_state } from './Migration20261121213942_index_runs_by_state.ts'
import { Migration20261121213958_add_vault_key_and_check_facts } from './Migration20261121213958_add_vault_key_and_check_facts.ts'
import { Migration20261122004538_add_vault_damage } from './Migration20261122004538_add_vault_damage.ts'
import { Migration20261122112012_add_device_limits } from './Migration20261122112012_add_device_limits.ts'
import { Migration20261122112309_add_plan_compression } from './Migration20261122112309_add_plan_compression.ts'
import { Migration20261122234237_add_collections } from './Migration20261122234237_add_collections.ts'
import { Migration20261122235406_add_plan_deleted_files } from './Migration20261122235406_add_plan_deleted_files.ts'
import { Migration20261123000927_add_retention } from './Migration20261123000927_add_retention.ts'
import { Migration20261123002410_add_vault_care } from './Migration20261123002410_add_vault_care.ts'
import { Migration20261123024532_add_healing } from './Migration20261123024532_add_healing.ts'
import { Migration20261123025911_add_rewritten_snapshots } from './Migration20261123025911_add_rewritten_snapshots.ts'
import { Migration20261123031029_add_private_vaults } from './Migration20261123031029_add_private_vaults.ts'
import { Migration20261123094936_index_open_work } from './Migration20261123094936_index_open_work.ts'

/** The one ordered history of the schema. Append only: a released migration is never edited. */
export const migrations: readonly MigrationClass[] = [
  Migration20261121092809_create_hub_tables,
  Migration20261121095239_create_vault_tables,
  Migration20261121190906_create_plan_table,
  Migration20261121191053_add_run_statistics_indexes,
  Migration20261121191242_create_people_tables,
  Migration20261121195244_let_plans_go_with_devices,
  Migration20261121213453_add_device_tags,
  Migration20261121213942_index_runs_by_state,
  Migration20261121213958_add_vault_key_and_check_facts,
  Migration20261122004538_add_vault_damage,
  Migration20261122112012_add_device_limits,
  Migration20261122112309_add_plan_compression,
  Migration20261122234237_add_collections,
  Migration20261122235406_add_plan_deleted_files,
  Migration20261123000927_add_retention,
  Migration20261123002410_add_vault_care,
  Migration20261123024532_add_healing,
  Migration20261123025911_add_rewritten_snapshots,
  Migration20261123031029_add_private_vaults,
  Migration20261123094936_index_open_work,
]
