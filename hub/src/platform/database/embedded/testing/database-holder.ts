import { createInterface } from 'node:readline'
import { AppError } from '@holdfast/shared-types'
import { dataFolderAt, makeDataFolder } from '../../../lifecycle/data-folder.ts'
import { takeFolderLock } from '../../../lifecycle/take-folder-lock.ts'
import { silentLogger } from '../../../logging/logger.ts'
import { startEmbeddedPostgres } from '../embedded-postgres.ts'
import { choosePostgresUser } from '../postgres-user.ts'
import { requireWayToData } from '../require-way-to-data.ts'

/*
 * A process that holds a database exactly as a hub does, for tests that kill it: `node database-holder.ts FOLDER [OPTIONS as JSON]`.
 * Prints one JSON document when the database runs, or `{error}`. `stop` stops it in order; end it otherwise with a signal.
 */
const [, , folder = '', optionsText = '{}'] = process.argv
const options = JSON.parse(optionsText) as { watchdogGraceMs?: number; settings?: Record<string, string> }
const tell = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`)

try {
  const data = dataFolderAt(folder)
  const user = choosePostgresUser(data.postgresFolder)
  if (user) requireWayToData(data, user, process.env)
  makeDataFolder(data, user !== null)
  const attempt = await takeFolderLock(data.lockFile, 'hub', 'http://127.0.0.1:1')
  if (attempt.outcome === 'refused') throw new AppError('hub.already-running', { message: `${attempt.holder.owner?.pid}` })
  const postgres = await startEmbeddedPostgres({
    ...options,
    folder: data.postgresFolder,
    lockFile: data.lockFile,
    user,
    env: process.env,
    log: silentLogger,
    onLost: (error) => tell({ lost: error.code }),
    onWatched: () => attempt.lock.update({ database: 'watched' }),
  })
  tell({ isNew: postgres.isNew, isAdopted: postgres.isAdopted, connection: postgres.connection })
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'stop') break
    if (line === 'abandon') {
      postgres.abandon()
      process.exit(1)
    }
  }
  await postgres.stop(10_000)
  attempt.lock.release()
} catch (error) {
  if (!(error instanceof AppError)) throw error
  tell({ error: { code: error.code, message: error.message, cure: error.cure } })
}
// Whatever still listens to the test's end of the pipe: this process is done.
process.stdin.destroy()
