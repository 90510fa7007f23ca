/** A problem to tell in one or two lines, without a stack: what happened, and what to do. */
export class PlainProblem extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 1) {
    super(message)
    this.name = 'PlainProblem'
    this.exitCode = exitCode
  }
}

/**
 * The outer edge of a root script: problems become a message and an exit code.
 * @param {() => Promise<number>} body gives the exit code
 */
export async function runScript(body) {
  try {
    process.exitCode = await body()
  } catch (error) {
    if (error instanceof PlainProblem) {
      console.error(error.message)
      process.exitCode = error.exitCode
    } else {
      console.error(error)
      process.exitCode = 1
    }
  }
}
