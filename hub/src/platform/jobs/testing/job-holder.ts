import { createInterface } from 'node:readline'
import { silentLogger } from '../../logging/logger.ts'
import { Jobs } from '../jobs.ts'

/*
 * A process that works on jobs of the kind `slow` for ever, on the database that its first line names as JSON. It says `works KEY` for each; killing it leaves them as a
 * hub without power does.
 */
for await (const line of createInterface({ input: process.stdin })) {
  const jobs = new Jobs({ connection: JSON.parse(line) as never, log: silentLogger, timeZone: 'UTC' })
  jobs.define('slow', async ({ key, signal }) => {
    process.stdout.write(`works ${key}\n`)
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
  })
  await jobs.start([])
  process.stdout.write('started\n')
  await jobs.hurry('slow', 'a')
}
