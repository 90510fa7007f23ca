import { anUuid } from '../world.ts'
import type { AnswerParts, Answers } from './answers.ts'

export const systemAnswers = ({ world }: AnswerParts): Answers => ({
  getSystem: () => ({
    hubId: anUuid(),
    version: '0.1.0',
    timeMs: Date.now(),
    firstRun: !world.user.hasPassword,
    vaultsWithoutRecoveryKey: world.vaultsWithoutRecoveryKey,
  }),
  health: () => world.health,
  testStore: () => world.connectionTests.store,
  testDatabase: () => world.connectionTests.database,
})
