import type { AnswerParts, Answers } from './answers.ts'
import { auditAnswers } from './audit.ts'
import { devicesAnswers } from './devices.ts'
import { peopleAnswers } from './people.ts'
import { hostsAnswers } from './hosts.ts'
import { plansAnswers } from './plans.ts'
import { purgesAnswers } from './purges.ts'
import { privateVaultsAnswers } from './private-vaults.ts'
import { retentionAnswers } from './retention.ts'
import { runsAnswers } from './runs.ts'
import { signInAnswers } from './sign-in.ts'
import { snapshotsAnswers } from './snapshots.ts'
import { statisticsAnswers } from './statistics.ts'
import { systemAnswers } from './system.ts'
import { tokensAnswers } from './tokens.ts'
import { vaultsAnswers } from './vaults.ts'

/** How the stand-in answers, by the contract's operation ids. Everything is parsed by its schema before it leaves. */
export const answersOf = (parts: AnswerParts): Answers => ({
  ...systemAnswers(parts),
  ...signInAnswers(parts),
  ...devicesAnswers(parts),
  ...hostsAnswers(parts),
  ...plansAnswers(parts),
  ...purgesAnswers(parts),
  ...retentionAnswers(parts),
  ...runsAnswers(parts),
  ...statisticsAnswers(parts),
  ...vaultsAnswers(parts),
  ...privateVaultsAnswers(parts),
  ...snapshotsAnswers(parts),
  ...peopleAnswers(parts),
  ...tokensAnswers(parts),
  ...auditAnswers(parts),
})
