import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PlainProblem } from '../bootstrap/run-script.mjs'

const usage = 'usage: npm start [-- --backup FOLDER]'

/**
 * @param {readonly string[]} args
 * @returns {{ backup: string | null }} the folder to back up once everything runs, as an absolute path
 */
export function parseStartArguments(args) {
  try {
    const { values } = parseArgs({ args: [...args], options: { backup: { type: 'string' } } })
    // npm runs us in the repository's folder; a relative path means the folder npm was called in.
    return { backup: values.backup === undefined ? null : resolve(process.env.INIT_CWD ?? process.cwd(), values.backup) }
  } catch (error) {
    throw new PlainProblem(`${error instanceof Error ? error.message : String(error)}\n${usage}`, 2)
  }
}
