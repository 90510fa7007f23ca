import { auditScenes } from './audit.ts'
import { devicesScenes } from './devices.ts'
import { overviewScenes } from './overview.ts'
import { peopleScenes, tokensScenes } from './people.ts'
import { plansScenes } from './plans.ts'
import { purgesScenes } from './purges.ts'
import { privateVaultsScenes } from './private-vaults.ts'
import { runsScenes } from './runs.ts'
import { settingsScenes } from './settings.ts'
import { shellScenes } from './shell.ts'
import { signInScenes } from './sign-in.ts'
import { snapshotsScenes } from './snapshots.ts'
import { vaultsScenes } from './vaults.ts'
import type { Scene } from './scene.ts'

/** Every page and dialog, in the order of the navigation. */
export const scenes: readonly Scene[] = [
  ...signInScenes,
  ...overviewScenes,
  ...devicesScenes,
  ...plansScenes,
  ...runsScenes,
  ...snapshotsScenes,
  ...vaultsScenes,
  ...purgesScenes,
  ...privateVaultsScenes,
  ...peopleScenes,
  ...tokensScenes,
  ...auditScenes,
  ...settingsScenes,
  ...shellScenes,
]
