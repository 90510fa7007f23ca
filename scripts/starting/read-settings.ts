/** Writes the settings that the launcher needs as JSON: from the hub's own reading of the environment, so that there is one. */
import { AppError, errorFacts } from '@holdfast/shared-types'
import { loadConfig } from '../../hub/src/config/load-config.ts'

try {
  const { dataDir } = loadConfig(process.env)
  console.log(JSON.stringify({ dataDir }))
} catch (error) {
  if (!(error instanceof AppError)) throw error
  console.error(`${error.message}\n${error.cure}`)
  process.exitCode = errorFacts(error.code).exit
}
